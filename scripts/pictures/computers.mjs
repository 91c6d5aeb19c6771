import { circle, darker, ellipse, group, lighter, path, rect, round, shadow, slab, stroke } from './studio.mjs';

/** Hills under a sky, one behind the other: what the displays of the shop show. */
function landscape(p, x, y, w, h, { sky, sun, hills }) {
  const px = (u) => x + w * u;
  const py = (v) => y + h * v;
  const layers = hills.map((color, i) => {
    const v = 0.48 + i * 0.145;
    const s = i % 2 ? 1 : -1;
    const d = `M${px(0)} ${py(v + 0.06 * s)} C${px(0.18)} ${py(v - 0.16 * s)} ${px(0.32)} ${py(v + 0.17 * s)} ${px(0.52)} ${py(v)} S${px(0.82)} ${py(v - 0.15 * s)} ${px(1)} ${py(v + 0.05 * s)} V${py(1)} H${px(0)} Z`;
    return path(d, p.linear([lighter(color, 0.16), darker(color, 0.12)]));
  });
  return (
    rect(x, y, w, h, 0, p.linear(sky)) +
    circle(
      px(0.68),
      py(0.36),
      h * 0.3,
      p.radial([
        [0, sun, 0.75],
        [1, sun, 0],
      ]),
    ) +
    circle(px(0.68), py(0.36), h * 0.085, lighter(sun, 0.35)) +
    layers.join('')
  );
}

const DUSK = {
  sky: ['#23244f', '#7a4a7c', '#f09a6e', '#ffd7a1'],
  sun: '#ffe2b0',
  hills: ['#b4607a', '#7b3f6c', '#472b57', '#241c3f'],
};
const MORNING = {
  sky: ['#8fc4ea', '#cfe6f2', '#fbeed6'],
  sun: '#fff3cf',
  hills: ['#9cc4bd', '#6ba397', '#3f7f78', '#245a5c'],
};
const COAST = {
  sky: ['#1f5f8f', '#58a4c6', '#c8e6e4'],
  sun: '#fff6dc',
  hills: ['#4f97ad', '#2d7690', '#e7cfa0', '#c99f68'],
};

/** A display: black glass, a picture, and the studio's light across it. */
function display(p, x, y, w, h, r, bezel, scenery) {
  const inner = `<rect x="${x + bezel}" y="${y + bezel}" width="${w - 2 * bezel}" height="${h - 2 * bezel}" rx="${Math.max(2, r - bezel / 2)}"/>`;
  return (
    rect(x, y, w, h, r, '#0c0d12') +
    group(landscape(p, x + bezel, y + bezel, w - 2 * bezel, h - 2 * bezel, scenery), p.clip(inner)) +
    path(
      `M${x + w * 0.06} ${y + bezel} H${x + w * 0.46} L${x + w * 0.2} ${y + h - bezel} H${x + bezel} V${y + h * 0.2} Z`,
      p.linear(
        [
          [0, '#ffffff', 0.2],
          [1, '#ffffff', 0.015],
        ],
        0,
        0,
        0.6,
        1,
      ),
      p.clip(inner),
    )
  );
}

function openLaptop(metal, scenery, key) {
  return (p) => {
    const deck = 'M176 506 H624 L700 606 Q706 616 694 617 H106 Q94 616 100 606 Z';
    // Points of the deck: u across, v towards us.
    const at = (u, v) => {
      const k = v * (0.86 + 0.14 * v);
      const left = 176 - 76 * k;
      return [left + u * (448 + 152 * k), 506 + 104 * k];
    };
    const quad = (u0, v0, u1, v1, fill) => {
      const points = [at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)].map((point) =>
        point.map((n) => n.toFixed(1)).join(' '),
      );
      return path(`M${points.join('L')}Z`, fill, `stroke="${fill}" stroke-width="2" stroke-linejoin="round"`);
    };
    let keys = '';
    const rows = [14, 14, 13, 12];
    rows.forEach((count, row) => {
      const v = 0.1 + row * 0.115;
      for (let i = 0; i < count; i += 1) {
        const u = 0.085 + (i * 0.83) / count;
        keys += quad(u, v, u + 0.83 / count - 0.009, v + 0.088, lighter(key, row * 0.025));
      }
    });
    for (const [u0, u1] of [
      [0.085, 0.16],
      [0.168, 0.24],
      [0.248, 0.32],
      [0.328, 0.67],
      [0.678, 0.75],
      [0.758, 0.915],
    ]) {
      keys += quad(u0, 0.56, u1, 0.65, lighter(key, 0.1));
    }
    const lid = rect(168, 196, 464, 308, 16, p.linear([lighter(metal, 0.5), metal, darker(metal, 0.3)], 0, 0, 1, 1));
    return (
      shadow(p, 400, 622, 330, 26) +
      lid +
      display(p, 172, 200, 456, 296, 13, 11, scenery) +
      circle(400, 206, 2, '#2b3140') +
      rect(176, 496, 448, 12, 3, p.linear([darker(metal, 0.62), darker(metal, 0.3)])) +
      path(deck, p.linear([darker(metal, 0.2), metal, lighter(metal, 0.32)])) +
      quad(0.07, 0.075, 0.93, 0.675, darker(metal, 0.28)) +
      keys +
      quad(0.355, 0.725, 0.645, 0.955, darker(metal, 0.1)) +
      quad(0.358, 0.735, 0.642, 0.95, lighter(metal, 0.12)) +
      path(
        'M100 606 Q94 616 106 617 H694 Q706 616 700 606 L702 613 Q704 630 684 631 H116 Q96 630 98 613 Z',
        p.linear([lighter(metal, 0.62), metal, darker(metal, 0.5)]),
      ) +
      rect(348, 617, 104, 6, 3, darker(metal, 0.35)) +
      stroke('M104 608 H696', lighter(metal, 0.8), 1.4, 'opacity=".8"')
    );
  };
}

export const laptopPro = openLaptop('#8b909b', DUSK, '#17191f');
export const laptop = openLaptop('#c9ced6', MORNING, '#3b4250');

export function laptopProClosed(p) {
  const metal = '#8b909b';
  const shape = (fill) => rect(-250, -170, 500, 340, 30, fill);
  const place = { cx: 400, turn: -24, tilt: 0.56 };
  const side = p.linear([darker(metal, 0.5), metal, lighter(metal, 0.3), darker(metal, 0.25)], 0, 0.2, 1, 0.8);
  return (
    group(shape('#14131f'), `transform="translate(424 520) scale(1 .56) rotate(-24)" opacity=".4" ${p.blur(20)}`) +
    group(shape('#0b0a12'), `transform="translate(404 500) scale(1 .56) rotate(-24)" opacity=".5" ${p.blur(5)}`) +
    slab({ ...place, cy: 492, height: 11, shape, side, top: darker(metal, 0.55) }) +
    slab({
      ...place,
      cy: 478,
      height: 10,
      shape,
      side,
      top: () =>
        shape(p.linear([lighter(metal, 0.62), lighter(metal, 0.16), metal, darker(metal, 0.16)], 0.1, 0, 0.9, 1)) +
        rect(-249, -169, 498, 338, 29, 'none', `stroke="${lighter(metal, 0.75)}" stroke-width="1.6" opacity=".75"`) +
        // The shop's sign: a sail before the wind.
        path(
          'M-4 -44 C28 -20 34 14 34 34 H-4 Z M-12 -26 V34 H-44 C-36 12 -24 -12 -12 -26 Z',
          p.linear([darker(metal, 0.5), darker(metal, 0.25)]),
        ),
    })
  );
}

export function tablet(p) {
  const metal = '#b9bec8';
  const drawing =
    path('M0 0H420V300H0Z', '#fbf7ee') +
    circle(300, 92, 44, p.radial(['#ffcf7a', '#f4a259'])) +
    path('M-10 250 L96 110 L150 176 L228 66 L330 196 L372 152 L440 230 V310 H-10 Z', p.linear(['#6f8fb0', '#b9cbdc'])) +
    path(
      'M228 66 L262 110 L240 120 L222 104 L200 122 L194 112 Z M96 110 L118 138 L98 148 L74 138 Z',
      '#ffffff',
      'opacity=".9"',
    ) +
    path('M-10 262 C80 210 150 262 230 244 S380 216 440 256 V310 H-10 Z', p.linear(['#3f6f68', '#264a4c'])) +
    stroke('M40 284 C90 262 120 280 170 268', '#f7e9cf', 3, 'opacity=".55"');
  return (
    shadow(p, 400, 626, 262, 22) +
    path('M470 330 L640 624 L600 628 L452 380 Z', p.linear([darker(metal, 0.55), darker(metal, 0.35)])) +
    group(
      rect(148, 228, 500, 374, 26, p.linear([lighter(metal, 0.7), metal, darker(metal, 0.4)], 0, 0, 1, 1)) +
        rect(153, 233, 490, 364, 22, '#0d0e13') +
        group(
          group(drawing, 'transform="translate(169 249) scale(1.09 1.105)"'),
          p.clip('<rect x="169" y="249" width="458" height="332" rx="8"/>'),
        ) +
        path(
          'M190 249 H390 L270 581 H169 V270 Z',
          p.linear([
            [0, '#ffffff', 0.3],
            [1, '#ffffff', 0.02],
          ]),
          p.clip('<rect x="169" y="249" width="458" height="332" rx="8"/>'),
        ) +
        circle(398, 241, 2.6, '#2e3546'),
      'transform="translate(0 24) skewX(-4) translate(42 0)"',
    ) +
    // The pen, leaning against the edge.
    group(
      rect(-9, -200, 18, 372, 9, round(p, '#f4f2ee', 0.6)) +
        path('M-9 170 L0 206 L9 170 Z', round(p, '#dcd8d0')) +
        path('M-2.5 196 L0 206 L2.5 196 Z', '#4a4a52') +
        rect(-9, -178, 18, 3, 0, '#c9c4ba'),
      'transform="translate(668 432) rotate(9)"',
    )
  );
}

export function monitor(p) {
  const metal = '#b7bcc6';
  return (
    shadow(p, 400, 640, 170, 18) +
    ellipse(400, 634, 150, 20, p.linear([darker(metal, 0.3), darker(metal, 0.6)])) +
    ellipse(400, 628, 150, 19, p.linear([lighter(metal, 0.75), metal, darker(metal, 0.2)], 0, 0, 1, 0.7)) +
    path(
      'M372 520 H428 L436 626 Q400 636 364 626 Z',
      p.linear([darker(metal, 0.35), lighter(metal, 0.55), metal, darker(metal, 0.45)], 0, 0, 1, 0),
    ) +
    path(
      'M372 520 H428 L430 552 H370 Z',
      p.linear([
        [0, '#0b0d14', 0.55],
        [1, '#0b0d14', 0],
      ]),
    ) +
    rect(116, 176, 568, 352, 12, p.linear([lighter(metal, 0.4), darker(metal, 0.5)])) +
    display(p, 119, 178, 562, 340, 10, 7, COAST) +
    rect(119, 512, 562, 13, 4, p.linear(['#2a2d36', '#14161c'])) +
    circle(662, 519, 2, '#7fe0b0')
  );
}

export function webcam(p) {
  return (
    shadow(p, 400, 634, 128, 19) +
    ellipse(400, 626, 116, 22, p.linear(['#1d1f26', '#0c0d11'])) +
    ellipse(400, 618, 116, 22, p.linear(['#565b68', '#2c2f38', '#1a1c22'], 0, 0, 1, 0.8)) +
    rect(386, 498, 28, 122, 12, round(p, '#4a4f5b', 0.3)) +
    circle(400, 512, 25, p.radial(['#7c8290', '#343842', '#181a20'], 0.38, 0.32, 0.75)) +
    rect(190, 306, 420, 196, 98, p.linear(['#6a707e', '#3a3e49', '#22252d', '#121419'], 0, 0, 0.25, 1)) +
    rect(200, 314, 400, 180, 90, p.linear(['#1b1d24', '#0b0c10'])) +
    path(
      'M214 404 A90 82 0 0 1 302 322 H500 C420 330 300 344 214 420 Z',
      p.linear(
        [
          [0, '#ffffff', 0.22],
          [1, '#ffffff', 0],
        ],
        0,
        0,
        0.7,
        1,
      ),
    ) +
    circle(400, 404, 84, p.linear(['#7b818f', '#1c1f27', '#0a0b0f'], 0.1, 0, 0.9, 1)) +
    circle(400, 404, 76, '#0a0b10') +
    circle(400, 404, 62, p.radial(['#39406a', '#171b38', '#07080f'], 0.42, 0.4, 0.62)) +
    circle(400, 404, 40, p.radial(['#0a0d22', '#1d2a63', '#0a0c1c'], 0.5, 0.55, 0.55)) +
    circle(400, 404, 20, '#04050a') +
    ellipse(376, 376, 19, 13, '#dfe8ff', `opacity=".85" transform="rotate(-38 376 376)" ${p.blur(1.5)}`) +
    circle(428, 432, 7, '#8fb2ff', `opacity=".55" ${p.blur(1.5)}`) +
    circle(262, 404, 6, '#232630') +
    circle(538, 404, 6, '#7df0b5') +
    circle(538, 404, 15, '#7df0b5', `opacity=".28" ${p.blur(5)}`)
  );
}
