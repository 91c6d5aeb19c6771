/** The shop a newcomer finds: the products that the documented examples order, and a believable shop around them. */

export interface SampleProduct {
  product_id: string;
  name: string;
  category: string;
  /** Decimal amount in USD. */
  price: string;
  /** In further currencies. */
  prices?: Record<string, string>;
  stock: number;
  description: string;
  /** File in sample-pictures (without size and ending) → what it shows. The first is the main one. */
  pictures: Record<string, string>;
}

export const SAMPLE_PRODUCTS: readonly SampleProduct[] = [
  {
    product_id: '1',
    name: 'Laptop Pro 14',
    category: 'Computers',
    price: '1299.99',
    prices: { EUR: '1249.00', GBP: '1079.00', JPY: '198000', KWD: '399.500' },
    stock: 500,
    description:
      'A 14-inch laptop with a bright 120 Hz display, 16 GB of memory and a battery that lasts a long-haul flight. The body is milled from one piece of recycled aluminium; the fan stays off until you really need it.',
    pictures: {
      'laptop-pro': 'Open space-grey laptop seen from the front, dunes at dusk on its display',
      'laptop-pro-closed': 'The laptop closed, seen from above at an angle',
    },
  },
  {
    product_id: '123',
    name: 'Laptop',
    category: 'Computers',
    price: '999.00',
    prices: { EUR: '949.00', GBP: '819.00' },
    stock: 10,
    description:
      'A dependable 15-inch laptop for school and office: quiet, sturdy, and with every port you still need. Two memory slots and the battery are behind six ordinary screws.',
    pictures: { laptop: 'Open silver laptop, morning hills on its display' },
  },
  {
    product_id: '456',
    name: 'Mouse',
    category: 'Accessories',
    price: '25.00',
    prices: { EUR: '23.50', GBP: '19.90', JPY: '3800' },
    stock: 100,
    description:
      'A wireless mouse with a silent click and a battery that lasts a year. Fits either hand, glides on glass.',
    pictures: { mouse: 'Graphite wireless mouse seen from above' },
  },
  {
    product_id: 'PROD001',
    name: 'Wireless Headphones',
    category: 'Audio',
    price: '79.99',
    prices: { EUR: '74.90', GBP: '64.90', JPY: '11800', KWD: '24.750' },
    stock: 500,
    description:
      'Over-ear headphones with active noise cancelling, 30 hours of playback and soft memory-foam cushions. They fold flat, and ten minutes on the cable are enough for three hours of music.',
    pictures: {
      headphones: 'Sand-coloured over-ear headphones standing upright',
      'headphones-folded': 'The headphones lying flat beside their case',
    },
  },
  {
    product_id: 'PROD002',
    name: 'Phone Case',
    category: 'Accessories',
    price: '29.99',
    prices: { EUR: '27.90', JPY: '4500' },
    stock: 500,
    description:
      'A slim case with raised edges that survives a two-metre drop. Made from recycled plastic, soft to the touch.',
    pictures: { 'phone-case': 'Sage green phone case, one from the back and one behind it' },
  },
  {
    product_id: 'PROD003',
    name: 'USB-C Charger 65 W',
    category: 'Accessories',
    price: '39.99',
    prices: { EUR: '36.90', GBP: '32.00' },
    stock: 250,
    description:
      'Charges a laptop and a phone at the same time, and is no bigger than a matchbox. Stays cool: gallium nitride.',
    pictures: { charger: 'White cube charger with two USB-C sockets and a cable' },
  },
  {
    product_id: 'PROD004',
    name: 'Bluetooth Speaker',
    category: 'Audio',
    price: '59.99',
    prices: { EUR: '55.90', GBP: '48.50', JPY: '8900' },
    stock: 180,
    description:
      'A waterproof speaker with a surprisingly deep sound for its size. Twelve hours on one charge; two of them make stereo.',
    pictures: { speaker: 'Cylindrical speaker in teal fabric with a leather loop' },
  },
  {
    product_id: 'PROD005',
    name: 'Smart Watch',
    category: 'Wearables',
    price: '199.99',
    prices: { EUR: '189.00', GBP: '165.00', KWD: '61.500' },
    stock: 120,
    description:
      'Tracks sleep, heart rate and every kind of sport, and goes a week without the charger. Sapphire glass, and dry to 50 metres.',
    pictures: { watch: 'Round smart watch with a dark strap, rings of activity on its face' },
  },
  {
    product_id: 'AUD-BUDS',
    name: 'True Wireless Earbuds',
    category: 'Audio',
    price: '99.00',
    prices: { EUR: '92.00', GBP: '79.00', JPY: '14800' },
    stock: 240,
    description:
      'Earbuds that stay in on a run and keep the wind out of your calls. Eight hours, and three more charges in the case.',
    pictures: { earbuds: 'White earbuds in their open charging case' },
  },
  {
    product_id: 'TAB-11',
    name: 'Tablet 11"',
    category: 'Computers',
    price: '379.00',
    prices: { EUR: '359.00', GBP: '309.00' },
    stock: 95,
    description:
      'A light tablet with a paper-matte display and a pen that clings to its edge. For drawing, reading and the sofa.',
    pictures: { tablet: 'Tablet standing upright with a pen, a drawing of mountains on it' },
  },
  {
    product_id: 'KB-75-BRN',
    name: 'Mechanical Keyboard 75 %',
    category: 'Accessories',
    price: '119.00',
    prices: { EUR: '112.00' },
    stock: 150,
    description:
      'A compact keyboard with tactile brown switches, hot-swappable, in an aluminium frame. Key caps that do not go shiny.',
    pictures: { keyboard: 'Compact keyboard with cream and grey key caps and one orange key' },
  },
  {
    product_id: 'MON-27-4K',
    name: 'Monitor 27" 4K',
    category: 'Computers',
    price: '449.00',
    prices: { EUR: '425.00', GBP: '369.00' },
    stock: 80,
    description:
      'A colour-accurate 4K display that charges the laptop through the one cable it needs. Turns upright for long pages.',
    pictures: { monitor: 'Thin-framed monitor on a metal foot, a coastline on its display' },
  },
  {
    product_id: 'HUB-7',
    name: 'USB-C Hub, 7 Ports',
    category: 'Accessories',
    price: '49.50',
    stock: 300,
    description:
      'HDMI, Ethernet, SD cards and three USB ports from a single connector. Aluminium, and small enough for a pocket.',
    pictures: { hub: 'Aluminium hub with a row of ports and a short cable' },
  },
  {
    product_id: 'CAM-1080',
    name: 'Webcam Full HD',
    category: 'Computers',
    price: '69.90',
    stock: 140,
    description: 'Sharp video in poor light, two microphones and a shutter for when the meeting is over.',
    pictures: { webcam: 'Webcam with a large lens on a small stand' },
  },
  {
    product_id: 'LAMP-DESK',
    name: 'Desk Lamp',
    category: 'Home',
    price: '54.00',
    prices: { EUR: '49.90', GBP: '43.00' },
    stock: 90,
    description: 'A dimmable lamp with warm and cool light and a small footprint. Remembers how you left it.',
    pictures: { lamp: 'Ochre desk lamp with a domed shade, lit' },
  },
  {
    product_id: 'MUG-NAVY',
    name: 'Stoneware Mug',
    category: 'Home',
    price: '14.50',
    prices: { EUR: '13.50', GBP: '11.90', JPY: '2200', KWD: '4.500' },
    stock: 400,
    description: 'Hand-glazed in navy blue, holds 350 ml, goes into the dishwasher. No two are quite alike.',
    pictures: { mug: 'Navy blue mug with an unglazed foot, steam rising' },
  },
  {
    product_id: 'KETTLE-1L',
    name: 'Gooseneck Kettle 1 l',
    category: 'Home',
    price: '89.00',
    prices: { EUR: '82.00' },
    stock: 70,
    description: 'Pours in a thin, steady stream and holds the temperature to the degree. For coffee and for tea.',
    pictures: { kettle: 'Brushed steel kettle with a gooseneck spout and a wooden handle' },
  },
  {
    product_id: 'BAG-TOTE',
    name: 'Canvas Tote Bag',
    category: 'Bags',
    price: '19.00',
    prices: { EUR: '17.90' },
    stock: 350,
    description: 'Heavy organic cotton with an inner pocket. Carries the groceries and a 14-inch laptop.',
    pictures: { tote: 'Natural canvas bag with a printed sun and sea' },
  },
  {
    product_id: 'BAG-PACK-22',
    name: 'Backpack 22 l',
    category: 'Bags',
    price: '98.00',
    prices: { EUR: '89.90', GBP: '78.00', JPY: '14500' },
    stock: 110,
    description:
      'Weatherproof, with a padded sleeve for a laptop and a back that lets the air through. Opens flat like a suitcase.',
    pictures: { backpack: 'Forest green backpack with leather pulls and a front pocket' },
  },
  {
    product_id: 'BOTTLE-750',
    name: 'Steel Bottle 750 ml',
    category: 'Outdoor',
    price: '27.90',
    prices: { EUR: '25.90', JPY: '4200' },
    stock: 260,
    description: 'Double-walled steel: cold for a day, hot for half of one. Does not leak, does not sweat.',
    pictures: { bottle: 'Terracotta steel bottle with a steel cap and a loop' },
  },
  {
    product_id: 'TENT-2P',
    name: 'Two-Person Tent',
    category: 'Outdoor',
    price: '229.00',
    prices: { EUR: '215.00', GBP: '185.00' },
    stock: 60,
    description:
      'Stands in three minutes, weighs 1.9 kg and has kept people dry in Scottish summers. Two doors, so nobody climbs over anybody.',
    pictures: { tent: 'Orange dome tent with its door rolled open' },
  },
  {
    product_id: 'LANTERN-LED',
    name: 'Camping Lantern',
    category: 'Outdoor',
    price: '36.00',
    prices: { EUR: '33.50' },
    stock: 170,
    description:
      'A warm light for the table or the tent, from candle-dim to bright, and a power bank for the phone when it has to be.',
    pictures: { lantern: 'Olive lantern with a glowing globe and a wire handle' },
  },
  {
    product_id: 'BAND-FIT',
    name: 'Fitness Band',
    category: 'Wearables',
    price: '44.99',
    prices: { EUR: '41.90' },
    stock: 220,
    description: 'Steps, pulse and sleep on a band so light that you forget it. Two weeks on a charge.',
    pictures: { band: 'Coral fitness band standing on its edge, step count on its display' },
  },
  {
    product_id: 'NOTE-A5',
    name: 'Dotted Notebook A5',
    category: 'Stationery',
    price: '12.90',
    prices: { EUR: '11.90', GBP: '10.50' },
    stock: 500,
    description: '160 numbered pages of 100 g paper that takes a fountain pen, with an index and two ribbons.',
    pictures: { notebook: 'Mustard clothbound notebook with an elastic and ribbons' },
  },
  {
    product_id: 'PEN-FINE',
    name: 'Fountain Pen',
    category: 'Stationery',
    price: '42.00',
    prices: { EUR: '39.00', JPY: '6400' },
    stock: 130,
    description:
      'A steel nib with a little spring, a body of lacquered brass, and a converter for ink from the bottle.',
    pictures: { pen: 'Dark blue fountain pen with its cap off beside a bottle of ink' },
  },
];
