// The photo studio of the sample shop: a seamless backdrop in the hue of a category, one soft light from the upper left,
// and the paints and shapes that the products are made of. Everything is on a canvas of 800 × 800.

/** Collects what a drawing defines: gradients, blurs, clips. */
export function createPaint() {
  const defs = [];
  const define = (make) => {
    const id = `d${defs.length}`;
    defs.push(make(id));
    return id;
  };
  const stops = (list) =>
    list
      .map((one, i) => (Array.isArray(one) ? one : [i / (list.length - 1), one]))
      .map(([at, color, opacity = 1]) => `<stop offset="${at}" stop-color="${color}" stop-opacity="${opacity}"/>`)
      .join('');
  return {
    defs,
    /** Along a line of the shape's own box; `[offset, colour, opacity]` or plain colours at even distances. */
    linear: (list, x1 = 0, y1 = 0, x2 = 0, y2 = 1) =>
      `url(#${define((id) => `<linearGradient id="${id}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${stops(list)}</linearGradient>`)})`,
    /** Along a line of the canvas. */
    beam: (list, x1, y1, x2, y2) =>
      `url(#${define((id) => `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${stops(list)}</linearGradient>`)})`,
    radial: (list, cx = 0.5, cy = 0.5, r = 0.5) =>
      `url(#${define((id) => `<radialGradient id="${id}" cx="${cx}" cy="${cy}" r="${r}">${stops(list)}</radialGradient>`)})`,
    blur: (amount) =>
      `filter="url(#${define((id) => `<filter id="${id}" x="-100%" y="-100%" width="300%" height="300%"><feGaussianBlur stdDeviation="${amount}"/></filter>`)})"`,
    clip: (shape) => `clip-path="url(#${define((id) => `<clipPath id="${id}">${shape}</clipPath>`)})"`,
    pattern: (width, height, content, transform = '') =>
      `url(#${define((id) => `<pattern id="${id}" width="${width}" height="${height}" patternUnits="userSpaceOnUse" patternTransform="${transform}">${content}</pattern>`)})`,
  };
}

export const rect = (x, y, w, h, r, fill, more = '') =>
  `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}" fill="${fill}" ${more}/>`;
export const ellipse = (cx, cy, rx, ry, fill, more = '') =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="${fill}" ${more}/>`;
export const circle = (cx, cy, r, fill, more = '') => ellipse(cx, cy, r, r, fill, more);
export const path = (d, fill, more = '') => `<path d="${d}" fill="${fill}" ${more}/>`;
export const stroke = (d, color, width, more = '') =>
  `<path d="${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round" ${more}/>`;
export const group = (content, more = '') => `<g ${more}>${content}</g>`;

/** A colour between two: `mix('#000000', '#ffffff', 0.5)`. */
export function mix(a, b, share) {
  const channels = (color) => [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16));
  const [from, to] = [channels(a), channels(b)];
  return `#${from
    .map((value, i) =>
      Math.round(value + (to[i] - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
export const lighter = (color, share) => mix(color, '#ffffff', share);
export const darker = (color, share) => mix(color, '#0b0d14', share);

/** What something standing there takes away from the light: a dark line of contact, and a soft shadow to the right. */
export function shadow(p, cx, cy, rx, ry = rx * 0.12, strength = 1) {
  return (
    ellipse(
      cx + rx * 0.16,
      cy + ry * 0.35,
      rx * 1.16,
      ry * 1.7,
      '#1b1a2a',
      `opacity="${0.2 * strength}" ${p.blur(22)}`,
    ) +
    ellipse(
      cx + rx * 0.05,
      cy + ry * 0.1,
      rx * 1.02,
      ry * 0.95,
      '#14131f',
      `opacity="${0.34 * strength}" ${p.blur(8)}`,
    ) +
    ellipse(cx, cy - ry * 0.1, rx * 0.94, ry * 0.5, '#0c0b14', `opacity="${0.42 * strength}" ${p.blur(3)}`)
  );
}

/** A flat shape lying on the table and seen at an angle, `height` thick: drawn once for each step of its height. */
export function slab({ cx, cy, turn, tilt, height, shape, side, top, step = 1 }) {
  const at = (y) => `transform="translate(${cx} ${cy - y}) scale(1 ${tilt}) rotate(${turn})"`;
  let drawn = '';
  for (let y = 0; y < height; y += step) {
    const paint = typeof side === 'function' ? side(y / height) : side;
    drawn += group(shape(paint), at(y));
  }
  return drawn + group(typeof top === 'function' ? top() : shape(top), at(height));
}

/** Shading of an upright cylinder in a colour: edge, light, core, shade, and light thrown back from the backdrop. */
export function round(p, color, gloss = 0.35) {
  return p.linear(
    [
      [0, darker(color, 0.38)],
      [0.07, darker(color, 0.16)],
      [0.24, lighter(color, gloss)],
      [0.34, lighter(color, gloss * 0.55)],
      [0.55, color],
      [0.82, darker(color, 0.36)],
      [0.94, darker(color, 0.5)],
      [1, darker(color, 0.3)],
    ],
    0,
    0,
    1,
    0,
  );
}

function hsl(h, s, l) {
  const f = (n) => {
    const k = (n + h / 30) % 12;
    const value = l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${f(0)}${f(8)}${f(4)}`;
}

/** The whole picture: backdrop, drawing, and a breath of vignette over both. */
export function photograph({ hue, saturation = 0.3, floor = 560 }, { draw, zoom = 1, center = [400, 430] }) {
  const p = createPaint();
  const near = `translate(400 425) scale(${zoom}) translate(${-center[0]} ${-center[1]})`;
  const content = group(draw(p), `transform="${near}"`);
  const wall = [
    [0, hsl(hue, saturation, 0.8)],
    [floor / 800 - 0.09, hsl(hue, saturation, 0.86)],
    [floor / 800 + 0.03, hsl(hue, saturation * 1.05, 0.835)],
    [1, hsl(hue, saturation, 0.9)],
  ];
  const backdrop =
    rect(0, 0, 800, 800, 0, p.linear(wall)) +
    ellipse(
      300,
      250,
      520,
      420,
      p.radial([
        [0, '#ffffff', 0.75],
        [0.55, '#ffffff', 0.22],
        [1, '#ffffff', 0],
      ]),
    ) +
    ellipse(
      400,
      720,
      560,
      190,
      p.radial([
        [0, '#ffffff', 0.42],
        [1, '#ffffff', 0],
      ]),
    );
  const vignette = rect(
    0,
    0,
    800,
    800,
    0,
    p.radial(
      [
        [0.62, hsl(hue, 0.4, 0.25), 0],
        [1, hsl(hue, 0.4, 0.25), 0.1],
      ],
      0.47,
      0.46,
      0.74,
    ),
  );
  const attributes = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" width="1600" height="1600"';
  return `<svg ${attributes}><defs>${p.defs.join('')}</defs>${backdrop}${content}${vignette}</svg>`;
}
