// Renders the pictures of the sample shop into src/services/catalog/sample-pictures, each in the three sizes of a shop.
//
//   node scripts/pictures/render.mjs [--sheet=contact-sheet.png] [name …]
import { mkdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import * as computers from './computers.mjs';
import * as gadgets from './gadgets.mjs';
import * as goods from './goods.mjs';
import { photograph } from './studio.mjs';

const COMPUTERS = { hue: 214, saturation: 0.3 };
const ACCESSORIES = { hue: 256, saturation: 0.26 };
const AUDIO = { hue: 22, saturation: 0.36 };
const WEARABLES = { hue: 344, saturation: 0.3 };
const HOME = { hue: 43, saturation: 0.42 };
const BAGS = { hue: 86, saturation: 0.22 };
const OUTDOOR = { hue: 162, saturation: 0.24 };
const STATIONERY = { hue: 196, saturation: 0.32 };

const PICTURES = {
  'laptop-pro': [COMPUTERS, { draw: computers.laptopPro, zoom: 1.13, center: [400, 415] }],
  'laptop-pro-closed': [COMPUTERS, { draw: computers.laptopProClosed, zoom: 1.16, center: [405, 475] }],
  laptop: [COMPUTERS, { draw: computers.laptop, zoom: 1.13, center: [400, 415] }],
  tablet: [COMPUTERS, { draw: computers.tablet, zoom: 1.16, center: [425, 425] }],
  monitor: [COMPUTERS, { draw: computers.monitor, zoom: 1.14, center: [400, 410] }],
  webcam: [COMPUTERS, { draw: computers.webcam, zoom: 1.22, center: [400, 472] }],
  mouse: [ACCESSORIES, { draw: gadgets.mouse, zoom: 1.18, center: [400, 410] }],
  'phone-case': [ACCESSORIES, { draw: gadgets.phoneCase, zoom: 1.14, center: [415, 405] }],
  charger: [ACCESSORIES, { draw: gadgets.charger, zoom: 1.22, center: [430, 500] }],
  keyboard: [ACCESSORIES, { draw: gadgets.keyboard, zoom: 1.02, center: [403, 455] }],
  hub: [ACCESSORIES, { draw: gadgets.hub, zoom: 1.08, center: [390, 395] }],
  headphones: [AUDIO, { draw: gadgets.headphones, zoom: 1.27, center: [400, 405] }],
  'headphones-folded': [AUDIO, { draw: gadgets.headphonesFolded, zoom: 1.04, center: [400, 470] }],
  speaker: [AUDIO, { draw: gadgets.speaker, zoom: 1.2, center: [415, 420] }],
  earbuds: [AUDIO, { draw: gadgets.earbuds, zoom: 1.2, center: [400, 424] }],
  watch: [WEARABLES, { draw: gadgets.watch, zoom: 1.08, center: [404, 392] }],
  band: [WEARABLES, { draw: gadgets.band, zoom: 1.3, center: [400, 470] }],
  lamp: [HOME, { draw: goods.lamp, zoom: 1.22, center: [380, 435] }],
  mug: [HOME, { draw: goods.mug, zoom: 1.2, center: [412, 390] }],
  kettle: [HOME, { draw: goods.kettle, zoom: 1.16, center: [376, 465] }],
  tote: [BAGS, { draw: goods.tote, zoom: 1.18, center: [400, 390] }],
  backpack: [BAGS, { draw: goods.backpack, zoom: 1.18, center: [400, 378] }],
  bottle: [OUTDOOR, { draw: goods.bottle, zoom: 1.16, center: [400, 372] }],
  tent: [OUTDOOR, { draw: goods.tent, zoom: 1.08, center: [400, 430] }],
  lantern: [OUTDOOR, { draw: goods.lantern, zoom: 1.2, center: [400, 400] }],
  notebook: [STATIONERY, { draw: goods.notebook, zoom: 1.14, center: [400, 470] }],
  pen: [STATIONERY, { draw: goods.pen, zoom: 1.08, center: [374, 500] }],
};
const SIZES = { small: 320, medium: 800, large: 1600 };
const FOLDER = new URL('../../src/services/catalog/sample-pictures/', import.meta.url);

const flags = process.argv.slice(2).filter((one) => one.startsWith('--'));
const wanted = process.argv.slice(2).filter((one) => !one.startsWith('--'));
const sheet = flags.find((one) => one.startsWith('--sheet='))?.slice('--sheet='.length);
const names = wanted.length > 0 ? wanted : Object.keys(PICTURES);

mkdirSync(FOLDER, { recursive: true });
const tiles = [];
for (const name of names) {
  const [backdrop, subject] = PICTURES[name];
  const { data, info } = await sharp(Buffer.from(photograph(backdrop, subject)))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  if (!flags.includes('--draft')) {
    for (const [size, side] of Object.entries(SIZES)) {
      const bytes = await sharp(data, { raw })
        .resize(side)
        .webp({ quality: size === 'large' ? 80 : 84, effort: 6 })
        .toBuffer();
      writeFileSync(new URL(`${name}-${size}.webp`, FOLDER), bytes);
    }
  }
  if (sheet) tiles.push(await sharp(data, { raw }).resize(400).png().toBuffer());
}
if (sheet) {
  const across = Math.min(4, tiles.length);
  const down = Math.ceil(tiles.length / across);
  await sharp({ create: { width: across * 400, height: down * 400, channels: 3, background: '#ffffff' } })
    .composite(tiles.map((input, i) => ({ input, left: (i % across) * 400, top: Math.floor(i / across) * 400 })))
    .png()
    .toFile(sheet);
}
