import { circle, darker, ellipse, group, lighter, path, rect, round, shadow, slab, stroke } from './studio.mjs';

export function lamp(p) {
  const ochre = '#d9962f';
  return (
    // The light on the wall and on the table.
    ellipse(
      330,
      560,
      300,
      110,
      p.radial([
        [0, '#fff2c4', 0.95],
        [0.5, '#ffe8a8', 0.4],
        [1, '#ffe8a8', 0],
      ]),
    ) +
    shadow(p, 470, 640, 118, 17) +
    ellipse(470, 634, 108, 20, darker(ochre, 0.5)) +
    ellipse(470, 626, 108, 20, p.linear([lighter(ochre, 0.5), ochre, darker(ochre, 0.35)], 0, 0, 1, 0.6)) +
    path(
      'M300 372 L188 596 Q330 640 476 590 L402 356 Z',
      p.linear([
        [0, '#fff4cf', 0.75],
        [1, '#fff4cf', 0],
      ]),
      p.blur(12),
    ) +
    stroke('M470 622 L516 424', darker(ochre, 0.35), 13) +
    stroke('M467 622 L513 424', lighter(ochre, 0.35), 4, 'opacity=".8"') +
    stroke('M516 424 L376 272', darker(ochre, 0.35), 13) +
    stroke('M514 418 L376 268', lighter(ochre, 0.35), 4, 'opacity=".8"') +
    circle(516, 424, 17, p.radial([lighter(ochre, 0.7), ochre, darker(ochre, 0.5)], 0.35, 0.3, 0.75)) +
    group(
      ellipse(0, 66, 112, 30, p.radial(['#fffdf2', '#fff0b8', '#f6c55c'], 0.5, 0.5, 0.6)) +
        path(
          'M-112 66 C-108 -14 -66 -62 0 -62 S108 -14 112 66 C82 46 -82 46 -112 66 Z',
          p.linear(
            [darker(ochre, 0.25), lighter(ochre, 0.5), ochre, darker(ochre, 0.2), darker(ochre, 0.45)],
            0,
            0,
            1,
            0.15,
          ),
        ) +
        path('M-74 6 C-60 -28 -40 -44 -12 -50 C-36 -28 -50 -6 -56 30 Z', '#ffffff', `opacity=".4" ${p.blur(4)}`) +
        rect(-17, -84, 34, 28, 9, round(p, ochre)) +
        path('M-112 66 C-82 46 82 46 112 66', 'none', `stroke="${lighter(ochre, 0.6)}" stroke-width="2.5"`),
      'transform="translate(354 306) rotate(17)"',
    )
  );
}

export function mug(p) {
  const navy = '#22345f';
  const body = 'M252 318 C250 420 256 540 286 602 Q296 620 320 622 H464 Q488 620 498 602 C528 540 534 420 532 318 Z';
  const speckles = Array.from({ length: 70 }, (_, i) => {
    const x = 262 + ((i * 97) % 262);
    const y = 346 + ((i * 61) % 210);
    return circle(x, y, 0.8 + ((i * 7) % 5) * 0.32, i % 3 ? '#9fb4dc' : '#0c1430', `opacity="${0.25 + (i % 4) * 0.1}"`);
  });
  const steam = (x, bend, opacity) =>
    stroke(
      `M${x} 290 C${x - bend} 250 ${x + bend} 214 ${x - 4} 160 S${x + bend * 0.6} 96 ${x + 6} 70`,
      '#ffffff',
      13,
      `opacity="${opacity}" ${p.blur(9)}`,
    );
  return (
    shadow(p, 394, 620, 122, 19) +
    stroke('M520 372 C624 352 630 532 500 530', darker(navy, 0.45), 40) +
    stroke('M520 368 C614 352 618 520 502 520', navy, 30) +
    stroke('M524 362 C598 352 604 440 584 484', lighter(navy, 0.5), 6, `opacity=".65" ${p.blur(2)}`) +
    path(body, round(p, navy, 0.42)) +
    group(speckles.join(''), p.clip(`<path d="${body}"/>`)) +
    path(
      'M271 560 C276 580 282 594 288 604 Q298 620 320 622 H464 Q486 620 496 604 C502 594 508 580 513 560 C460 578 430 570 392 576 S310 574 271 560 Z',
      round(p, '#c9a27c', 0.35),
      p.clip(`<path d="${body}"/>`),
    ) +
    stroke('M270 558 C310 574 352 578 392 576 S470 576 514 558', darker(navy, 0.4), 4, 'opacity=".6"') +
    ellipse(392, 318, 140, 32, p.linear([lighter(navy, 0.55), navy, darker(navy, 0.3)], 0, 0, 1, 0.5)) +
    ellipse(392, 320, 130, 27, p.linear([darker(navy, 0.55), navy])) +
    ellipse(392, 328, 120, 20, p.radial(['#6d4424', '#4a2a14', '#2c170b'], 0.42, 0.4, 0.6)) +
    ellipse(350, 324, 40, 5, '#f0cfa0', `opacity=".4" ${p.blur(3)}`) +
    path('M290 346 C288 430 294 510 308 566 C300 500 300 420 312 348 Z', '#ffffff', `opacity=".5" ${p.blur(5)}`) +
    steam(370, 26, 0.5) +
    steam(414, -22, 0.4)
  );
}

export function kettle(p) {
  const body = 'M268 392 C244 470 232 560 236 596 Q240 622 268 624 H500 Q528 622 532 596 C536 560 524 470 500 392 Z';
  const metal = p.linear(
    [
      [0, '#55585f'],
      [0.08, '#8e9299'],
      [0.2, '#fbfbfc'],
      [0.28, '#d7dadf'],
      [0.45, '#9a9ea6'],
      [0.6, '#c9ccd2'],
      [0.74, '#6c7078'],
      [0.9, '#3f4249'],
      [1, '#777b83'],
    ],
    0,
    0,
    1,
    0,
  );
  return (
    shadow(p, 388, 626, 168, 22) +
    rect(222, 616, 324, 24, 12, p.linear(['#4a4038', '#1d1814'])) +
    // Spout: out of the foot, up in a swan's curve.
    stroke('M262 560 C170 548 196 416 150 330 C142 314 126 306 106 306', '#5d6168', 25) +
    stroke('M262 556 C176 546 200 414 152 328 C144 314 126 305 108 304', '#d3d6db', 15) +
    stroke('M246 546 C186 532 204 410 156 324', '#ffffff', 4, `opacity=".9" ${p.blur(1.5)}`) +
    ellipse(106, 306, 5, 13, '#3a3d44') +
    // Handle of walnut.
    stroke('M498 420 C560 380 646 398 636 470 C630 520 606 560 592 584', '#3b2415', 30) +
    stroke('M500 416 C560 380 638 398 628 470 C623 516 602 552 588 578', '#8a5a34', 22) +
    stroke('M512 408 C566 382 626 404 619 462', '#cf9c6a', 5, `opacity=".8" ${p.blur(2)}`) +
    rect(488, 404, 34, 30, 6, metal) +
    path(body, metal) +
    path('M300 420 C276 500 272 560 274 600 C288 540 292 470 318 420 Z', '#ffffff', `opacity=".55" ${p.blur(6)}`) +
    stroke('M246 520 C300 534 470 534 523 520', '#54575e', 1.5, 'opacity=".5"') +
    ellipse(384, 392, 116, 24, metal) +
    ellipse(384, 388, 112, 21, p.linear(['#eceef1', '#a3a7ae', '#787c84'], 0, 0, 1, 0.6)) +
    path('M292 384 C300 344 340 330 384 330 S468 344 476 384 C450 400 318 400 292 384 Z', metal) +
    path('M318 368 C330 346 352 340 372 338 C350 350 340 362 336 380 Z', '#ffffff', `opacity=".7" ${p.blur(3)}`) +
    rect(374, 306, 20, 30, 4, metal) +
    ellipse(384, 298, 31, 19, p.radial(['#b98556', '#7b4e2b', '#3f2614'], 0.38, 0.3, 0.75))
  );
}

export function tote(p) {
  const canvas = '#e6d9bf';
  const weave = p.pattern(
    5,
    5,
    `<path d="M0 0H5M0 2.5H5" stroke="#b9a680" stroke-width=".7" opacity=".35"/><path d="M0 0V5M2.5 0V5" stroke="#fff8e6" stroke-width=".6" opacity=".4"/>`,
  );
  const bag =
    'M222 336 Q400 350 578 336 C590 440 600 540 606 616 Q608 636 586 638 Q400 650 214 638 Q192 636 194 616 C200 540 210 440 222 336 Z';
  const handle = (from, to, top, color, width) =>
    stroke(`M${from} 344 C${from + 4} ${top} ${to - 4} ${top} ${to} 344`, color, width);
  return (
    shadow(p, 400, 636, 206, 20) +
    handle(326, 474, 138, '#97835a', 23) +
    path(
      bag,
      p.linear(
        [darker(canvas, 0.16), lighter(canvas, 0.35), canvas, darker(canvas, 0.1), darker(canvas, 0.3)],
        0,
        0,
        1,
        0.12,
      ),
    ) +
    // The print: a sun over the sea.
    circle(400, 470, 66, '#e2703a') +
    group(
      [0, 1, 2, 3, 4]
        .map((i) =>
          stroke(
            `M${308 + i * 6} ${492 + i * 20} q 23 -13 46 0 t 46 0 t 46 0 t ${46 - i * 3} 0`,
            i < 3 ? '#1f5b73' : '#2f7d8c',
            8,
          ),
        )
        .join(''),
    ) +
    path(bag, weave) +
    // Folds.
    path('M250 380 C264 460 244 560 236 630 C262 560 282 470 272 360 Z', '#5f4d2a', `opacity=".2" ${p.blur(9)}`) +
    path('M556 372 C536 470 566 560 578 632 C548 570 516 470 534 360 Z', '#5f4d2a', `opacity=".26" ${p.blur(10)}`) +
    path('M330 352 C336 400 326 430 322 452 C342 424 350 392 348 352 Z', '#fffaf0', `opacity=".6" ${p.blur(6)}`) +
    path(
      'M222 336 Q400 350 578 336 L580 362 Q400 376 220 362 Z',
      p.linear([lighter(canvas, 0.3), darker(canvas, 0.1)]),
    ) +
    stroke('M222 358 Q400 371 578 358', darker(canvas, 0.35), 1.6, 'stroke-dasharray="5 4" opacity=".7"') +
    handle(300, 500, 112, darker(canvas, 0.2), 25) +
    handle(299, 499, 110, lighter(canvas, 0.15), 19) +
    [300, 500]
      .map(
        (x) =>
          rect(x - 15, 336, 30, 48, 3, p.linear([lighter(canvas, 0.2), darker(canvas, 0.12)])) +
          stroke(`M${x - 9} 344 L${x + 9} 376 M${x + 9} 344 L${x - 9} 376`, darker(canvas, 0.35), 1.4),
      )
      .join('')
  );
}

export function backpack(p) {
  const green = '#3f5d4b';
  const tan = '#b5793f';
  const body = 'M236 330 C236 210 300 158 400 158 S564 210 564 330 L576 570 Q578 632 520 636 H280 Q222 632 224 570 Z';
  return (
    shadow(p, 400, 632, 178, 22) +
    stroke('M352 168 C350 104 450 104 448 168', darker(green, 0.5), 17) +
    stroke('M352 164 C352 110 446 110 446 160', lighter(green, 0.18), 6, 'opacity=".7"') +
    path('M224 400 C188 420 186 560 214 596 L236 590 V400 Z', darker(green, 0.45)) +
    path('M576 400 C612 420 614 560 586 596 L564 590 V400 Z', darker(green, 0.6)) +
    path(
      body,
      p.linear(
        [darker(green, 0.35), lighter(green, 0.24), green, darker(green, 0.22), darker(green, 0.5)],
        0,
        0,
        1,
        0.1,
      ),
    ) +
    path(
      'M270 250 C286 208 320 186 366 178 C330 214 312 268 306 350 C290 340 270 300 270 250 Z',
      '#ffffff',
      `opacity=".22" ${p.blur(10)}`,
    ) +
    // Main zip, over the top.
    stroke('M250 388 C244 252 300 196 400 196 S556 252 550 388', darker(green, 0.6), 9) +
    stroke('M250 388 C244 252 300 196 400 196 S556 252 550 388', '#8f9c94', 2.4, 'stroke-dasharray="2 3"') +
    path('M246 384 l-7 34 q8 8 15 0 z', p.linear([lighter(tan, 0.3), darker(tan, 0.25)])) +
    // Patch of leather.
    rect(346, 262, 108, 62, 8, p.linear([lighter(tan, 0.28), tan, darker(tan, 0.25)], 0, 0, 1, 1)) +
    rect(
      351,
      267,
      98,
      52,
      5,
      'none',
      `stroke="${lighter(tan, 0.55)}" stroke-width="1.4" stroke-dasharray="4 3" opacity=".8"`,
    ) +
    path('M398 276 C412 288 416 300 416 308 H398 Z M394 284 V308 H380 C384 298 388 290 394 284 Z', darker(tan, 0.5)) +
    // Front pocket.
    path(
      'M262 446 Q262 412 296 410 H504 Q538 412 538 446 L546 576 Q546 612 510 614 H290 Q254 612 254 576 Z',
      '#0f1a14',
      `opacity=".5" ${p.blur(7)}`,
    ) +
    path(
      'M262 440 Q262 406 296 404 H504 Q538 406 538 440 L546 570 Q546 606 510 608 H290 Q254 606 254 570 Z',
      p.linear(
        [darker(green, 0.18), lighter(green, 0.3), lighter(green, 0.06), darker(green, 0.25), darker(green, 0.42)],
        0,
        0,
        1,
        0.12,
      ),
    ) +
    stroke('M266 446 H534', darker(green, 0.6), 9) +
    stroke('M266 446 H534', '#8f9c94', 2.4, 'stroke-dasharray="2 3"') +
    path('M512 446 l-4 42 q8 9 16 0 l-4 -42 z', p.linear([lighter(tan, 0.3), darker(tan, 0.25)])) +
    stroke(
      'M272 470 C268 520 270 560 276 586 M528 470 C532 520 530 560 524 586',
      darker(green, 0.45),
      1.6,
      'stroke-dasharray="5 4"',
    ) +
    path('M284 470 C280 510 282 560 292 590 C300 550 300 510 304 466 Z', '#ffffff', `opacity=".18" ${p.blur(7)}`) +
    path('M226 590 Q230 634 280 636 H520 Q570 634 574 590 C540 616 260 616 226 590 Z', '#0d1611', 'opacity=".35"')
  );
}

export function bottle(p) {
  const clay = '#c4633f';
  const body =
    'M318 312 C318 276 346 266 350 240 H450 C454 266 482 276 482 312 V606 Q482 636 452 636 H348 Q318 636 318 606 Z';
  const steel = p.linear(
    [
      [0, '#5b5e65'],
      [0.1, '#a5a9b0'],
      [0.24, '#ffffff'],
      [0.4, '#b5b9c0'],
      [0.62, '#e2e4e8'],
      [0.8, '#71757d'],
      [1, '#4a4d54'],
    ],
    0,
    0,
    1,
    0,
  );
  return (
    shadow(p, 400, 634, 92, 16) +
    path(body, round(p, clay, 0.4)) +
    path(
      'M338 312 C340 290 356 280 364 262 C362 300 356 460 360 618 Q346 616 342 600 Z',
      '#ffffff',
      `opacity=".5" ${p.blur(5)}`,
    ) +
    path('M470 330 V604 Q468 620 456 626 C462 540 462 420 462 330 Z', '#ffb08a', `opacity=".35" ${p.blur(4)}`) +
    path('M318 604 Q318 636 348 636 H452 Q482 636 482 604 Q400 622 318 604 Z', steel) +
    path(
      'M400 420 C424 440 432 468 432 486 H400 Z M393 434 V486 H366 C372 466 382 448 393 434 Z',
      '#fff1e4',
      'opacity=".92"',
    ) +
    rect(348, 226, 104, 18, 4, steel) +
    rect(354, 150, 92, 80, 12, round(p, '#2d2f36', 0.32)) +
    Array.from({ length: 11 }, (_, i) => rect(360 + i * 8, 166, 2.4, 48, 1, '#0d0e12', 'opacity=".45"')).join('') +
    rect(354, 150, 92, 16, 8, steel) +
    stroke('M372 150 C366 92 434 92 428 150', '#1d1f25', 13) +
    stroke('M372 146 C370 98 428 98 427 142', '#7a7f8b', 4, 'opacity=".8"')
  );
}

export function tent(p) {
  const orange = '#e5762b';
  return (
    ellipse(420, 606, 380, 54, '#1a2a20', `opacity=".24" ${p.blur(20)}`) +
    ellipse(400, 598, 330, 24, '#0f1a14', `opacity=".4" ${p.blur(7)}`) +
    // Far side, near side, door.
    path(
      'M400 236 C512 240 660 420 712 596 Q600 620 470 618 C500 470 470 330 400 236 Z',
      p.linear([lighter(orange, 0.08), darker(orange, 0.22), darker(orange, 0.5)], 0, 0, 1, 0.6),
    ) +
    path(
      'M400 236 C280 250 140 430 88 596 Q200 626 330 620 C300 470 330 330 400 236 Z',
      p.linear([lighter(orange, 0.55), lighter(orange, 0.12), darker(orange, 0.22)], 0.2, 0, 0.6, 1),
    ) +
    path(
      'M400 236 C322 330 300 470 330 620 Q400 626 470 618 C500 470 478 330 400 236 Z',
      p.linear(['#f7d9a6', '#7b4a24', '#2e1a10']),
    ) +
    path(
      'M400 262 C348 350 340 480 352 618 Q400 622 448 618 C460 480 452 350 400 262 Z',
      p.radial(['#ffdf9a', '#c47a33', '#3a2012'], 0.5, 0.82, 0.75),
    ) +
    // A mat, and a lamp at its end.
    path('M364 618 L380 560 Q400 552 422 560 L440 618 Q400 623 364 618 Z', p.linear(['#5d87a3', '#274863'])) +
    stroke('M372 596 Q400 590 432 596 M376 578 Q400 572 427 578', '#1d3850', 2, 'opacity=".6"') +
    circle(401, 540, 9, '#fff6d2') +
    circle(401, 540, 30, '#ffe7a0', `opacity=".7" ${p.blur(10)}`) +
    // The door, rolled to the side.
    path(
      'M400 240 C440 330 462 470 462 620 C478 624 490 620 496 612 C498 470 466 330 400 240 Z',
      p.linear([lighter(orange, 0.45), orange, darker(orange, 0.4)], 0, 0, 1, 0),
    ) +
    rect(462, 470, 36, 10, 3, '#33261c') +
    // Poles in their sleeves, seams, the fly's edge.
    stroke('M400 236 C280 250 140 430 88 596', lighter(orange, 0.6), 5) +
    stroke('M400 236 C512 240 660 420 712 596', darker(orange, 0.45), 5) +
    stroke('M400 236 C322 330 300 470 330 620', '#4a3322', 4) +
    stroke('M300 318 C236 400 196 500 184 610 M520 318 C580 400 606 500 614 608', '#5a2d0e', 1.6, 'opacity=".45"') +
    path(
      'M176 472 C206 452 246 446 278 452 L270 520 C236 516 196 520 158 536 Z',
      p.linear(['#fff6e4', '#e3c9a0']),
      'opacity=".9"',
    ) +
    stroke('M217 450 L208 526 M168 504 L274 486', '#a86b34', 2.5) +
    path('M330 300 C280 350 214 450 190 540 C240 460 300 360 352 290 Z', '#ffffff', `opacity=".35" ${p.blur(10)}`) +
    stroke('M150 470 L52 606 M650 470 L750 606', '#e9e2d2', 2.4) +
    stroke('M48 596 L56 618 M754 596 L746 618', '#55585f', 6)
  );
}

export function lantern(p) {
  const olive = '#6b7048';
  return (
    circle(
      400,
      420,
      330,
      p.radial([
        [0, '#fff0bf', 0.85],
        [0.5, '#ffe7a6', 0.28],
        [1, '#ffe7a6', 0],
      ]),
    ) +
    shadow(p, 400, 636, 122, 18) +
    ellipse(400, 646, 260, 36, '#ffefbc', `opacity=".55" ${p.blur(18)}`) +
    stroke('M298 300 C270 120 530 120 502 300', '#4a4d54', 8) +
    stroke('M300 292 C276 128 524 128 499 286', '#d9dce2', 2.6) +
    rect(352, 150, 96, 20, 10, round(p, '#8a5a34', 0.4)) +
    path('M306 300 Q400 282 494 300 L482 238 Q400 218 318 238 Z', round(p, olive, 0.35)) +
    ellipse(400, 236, 82, 18, p.linear([lighter(olive, 0.4), darker(olive, 0.2)])) +
    path(
      'M312 304 C276 380 276 450 318 520 H482 C524 450 524 380 488 304 Q400 288 312 304 Z',
      p.radial(['#fffef6', '#fff3c4', '#ffdc84', '#eeb356'], 0.5, 0.55, 0.62),
    ) +
    ellipse(400, 430, 52, 74, '#ffffff', `opacity=".95" ${p.blur(16)}`) +
    path('M322 318 C298 384 298 440 322 500 C318 440 322 380 342 316 Z', '#ffffff', `opacity=".8" ${p.blur(4)}`) +
    [324, 476]
      .map((x) =>
        stroke(
          `M${x} 300 C${x < 400 ? x - 40 : x + 40} 380 ${x < 400 ? x - 40 : x + 40} 450 ${x} 520`,
          '#4a4d40',
          5,
          'opacity=".85"',
        ),
      )
      .join('') +
    path('M304 516 H496 L510 612 Q512 636 484 638 H316 Q288 636 290 612 Z', round(p, olive, 0.4)) +
    path('M304 516 H496 L498 532 H302 Z', darker(olive, 0.35)) +
    circle(400, 580, 27, p.linear([lighter(olive, 0.55), darker(olive, 0.45)], 0, 0, 1, 1)) +
    circle(400, 580, 22, p.linear([darker(olive, 0.25), lighter(olive, 0.18)], 0, 0, 1, 1)) +
    stroke('M400 580 L410 566', '#ffe7a6', 4)
  );
}

export function notebook(p) {
  const cloth = '#d7a02c';
  const place = { cx: 396, turn: -18, tilt: 0.66 };
  const cover = (fill) => rect(-176, -244, 352, 488, 14, fill);
  const pages = (fill) => rect(-166, -238, 336, 476, 8, fill);
  const weave = p.pattern(6, 6, `<path d="M0 0L6 6M6 0L0 6" stroke="#8a6210" stroke-width=".6" opacity=".32"/>`);
  return (
    group(cover('#14131f'), `transform="translate(428 486) scale(1 .66) rotate(-18)" opacity=".36" ${p.blur(20)}`) +
    group(cover('#0b0a12'), `transform="translate(402 470) scale(1 .66) rotate(-18)" opacity=".5" ${p.blur(5)}`) +
    // Ribbons, out of the bottom.
    stroke('M446 610 C462 640 448 656 470 690', '#a8322d', 9) +
    stroke('M478 600 C502 626 492 650 520 668', '#22345f', 9) +
    slab({ ...place, cy: 462, height: 5, shape: cover, side: darker(cloth, 0.4), top: darker(cloth, 0.25) }) +
    slab({
      ...place,
      cy: 456,
      height: 26,
      shape: pages,
      side: (t) => (Math.round(t * 26) % 3 ? '#f6efdd' : '#d9cdb2'),
      top: '#efe6d0',
    }) +
    slab({
      ...place,
      cy: 430,
      height: 6,
      shape: cover,
      side: darker(cloth, 0.3),
      top: () =>
        cover(p.linear([lighter(cloth, 0.48), lighter(cloth, 0.1), cloth, darker(cloth, 0.2)], 0.05, 0, 0.95, 1)) +
        cover(weave) +
        rect(
          -176,
          -244,
          34,
          488,
          12,
          p.linear(
            [
              [0, '#5a3d05', 0.45],
              [0.7, '#5a3d05', 0.08],
              [1, '#5a3d05', 0.35],
            ],
            0,
            0,
            1,
            0,
          ),
        ) +
        rect(
          -70,
          -150,
          170,
          104,
          6,
          p.linear(['#fffaf0', '#f0e3c8'], 0, 0, 1, 1),
          `stroke="${darker(cloth, 0.4)}" stroke-width="1.5"`,
        ) +
        stroke('M-46 -112 H76 M-46 -86 H40', '#a08a5c', 3) +
        rect(124, -246, 15, 492, 2, p.linear(['#3a2c1a', '#6b5434', '#2b2012'], 0, 0, 1, 0)) +
        cover('none').replace('/>', `stroke="${lighter(cloth, 0.6)}" stroke-width="1.6" opacity=".7"/>`),
    })
  );
}

export function pen(p) {
  const navy = '#1e2d5c';
  const brass = p.linear(['#8a6420', '#f4dc94', '#c79b3f', '#fff1c0', '#9a7228', '#5f4514'], 0, 0, 0, 1);
  const lacquer = p.linear(
    [darker(navy, 0.3), lighter(navy, 0.62), lighter(navy, 0.18), navy, darker(navy, 0.45), darker(navy, 0.65)],
    0,
    0,
    0,
    1,
  );
  const glass = p.linear(
    [
      [0, '#c9d6ea', 0.85],
      [0.2, '#ffffff', 0.95],
      [0.4, '#dbe5f3', 0.6],
      [0.75, '#9fb2d2', 0.75],
      [1, '#6f83a8', 0.9],
    ],
    0,
    0,
    1,
    0,
  );
  return (
    // A bottle of ink, behind.
    shadow(p, 556, 520, 104, 16) +
    path('M468 372 Q468 350 490 348 H622 Q644 350 644 372 L650 500 Q650 528 622 530 H490 Q462 528 462 500 Z', glass) +
    path(
      'M478 420 Q556 430 634 420 L638 498 Q638 514 620 516 H492 Q474 514 474 498 Z',
      p.linear(['#14225a', '#2c46a4', '#111b4a'], 0, 0, 1, 0),
    ) +
    ellipse(556, 420, 78, 9, '#3a55b8') +
    path('M484 368 Q486 360 500 360 L494 506 Q482 504 480 494 Z', '#ffffff', `opacity=".85" ${p.blur(2)}`) +
    rect(506, 430, 100, 62, 4, '#fbf5e6') +
    path('M553 442 C567 452 571 464 571 472 H553 Z M549 449 V472 H536 C540 462 544 455 549 449 Z', navy) +
    rect(504, 286, 104, 64, 10, round(p, '#24262c', 0.32)) +
    Array.from({ length: 12 }, (_, i) => rect(511 + i * 7.8, 298, 2, 42, 1, '#000000', 'opacity=".4"')).join('') +
    // The pen, lying before it.
    group(
      rect(-292, 14, 606, 30, 15, '#14131f', `opacity=".4" ${p.blur(10)}`) +
        path('M-292 0 L-226 -15 C-206 -19 -194 -18 -186 -17 V17 C-194 18 -206 19 -226 15 Z', brass) +
        path('M-292 0 L-226 -15 C-214 -10 -214 10 -226 15 Z', p.linear(['#fff6d6', '#caa54c'])) +
        stroke('M-288 0 H-228', '#6b4f17', 1.6) +
        circle(-226, 0, 3, '#5a4212') +
        rect(-188, -19, 84, 38, 6, lacquer) +
        rect(-106, -22, 14, 44, 4, brass) +
        path('M-92 -24 H232 C276 -24 300 -14 304 0 C300 14 276 24 232 24 H-92 Z', lacquer) +
        rect(226, -24, 9, 48, 3, brass) +
        stroke('M-84 -15 H250', '#ffffff', 3, `opacity=".75" ${p.blur(1.6)}`),
      'transform="translate(366 598) rotate(-9)"',
    ) +
    // Its cap.
    group(
      rect(-90, 16, 200, 28, 14, '#14131f', `opacity=".4" ${p.blur(9)}`) +
        path('M-96 -27 H64 C90 -27 102 -16 104 0 C102 16 90 27 64 27 H-96 Z', lacquer) +
        rect(-98, -28, 15, 56, 5, brass) +
        rect(58, -27, 8, 54, 3, brass) +
        rect(-60, -7, 130, 10, 5, brass) +
        circle(-56, -2, 8, brass) +
        stroke('M-78 -18 H70', '#ffffff', 3, `opacity=".7" ${p.blur(1.6)}`),
      'transform="translate(232 486) rotate(14)"',
    )
  );
}
