import { circle, darker, ellipse, group, lighter, path, rect, round, shadow, slab, stroke } from './studio.mjs';

export function mouse(p) {
  const dark = '#3c404b';
  const hull = 'M400 196 C500 196 548 282 548 408 C548 540 498 626 400 626 S252 540 252 408 C252 282 300 196 400 196 Z';
  return group(
    path(hull, '#14131f', `transform="translate(34 30)" opacity=".34" ${p.blur(24)}`) +
      path(hull, '#0b0a12', `transform="translate(8 14)" opacity=".5" ${p.blur(8)}`) +
      path(hull, p.linear([darker(dark, 0.5), darker(dark, 0.7)], 0, 0, 1, 0), 'transform="translate(2 9)"') +
      path(hull, p.radial([lighter(dark, 0.5), lighter(dark, 0.16), dark, darker(dark, 0.42)], 0.36, 0.3, 0.82)) +
      // Buttons: a seam across, one down the middle.
      stroke('M256 372 C320 352 480 352 544 372', '#15171c', 4) +
      stroke('M256 375 C320 355 480 355 544 375', lighter(dark, 0.35), 1.2, 'opacity=".6"') +
      stroke('M400 196 V360', '#15171c', 4) +
      stroke('M402.6 198 V358', lighter(dark, 0.35), 1.2, 'opacity=".5"') +
      rect(381, 246, 38, 92, 19, '#0e0f13') +
      rect(387, 254, 26, 76, 13, p.linear(['#22252d', '#7b8191', '#3a3e49', '#14161b'])) +
      Array.from({ length: 9 }, (_, i) => rect(387, 259 + i * 8, 26, 2.4, 1, '#0e0f13', 'opacity=".65"')).join('') +
      path(
        'M286 300 C296 246 330 218 372 212 C330 240 312 290 308 356 C294 352 284 332 286 300 Z',
        '#ffffff',
        `opacity=".32" ${p.blur(9)}`,
      ) +
      path('M292 420 C300 530 340 588 388 600 C340 560 318 500 314 414 Z', '#ffffff', `opacity=".13" ${p.blur(8)}`) +
      path(
        'M400 520 C414 531 418 545 418 553 H400 Z M396 527 V553 H382 C386 543 390 534 396 527 Z',
        lighter(dark, 0.3),
      ) +
      circle(400, 404, 3.4, '#8ff0c0') +
      circle(400, 404, 9, '#8ff0c0', `opacity=".4" ${p.blur(4)}`),
    'transform="translate(400 410) scale(1 .94) rotate(20) translate(-400 -410)"',
  );
}

const SAND = '#d8c3a5';

function earCup(p, x, turn, mirrored) {
  const dir = mirrored ? -1 : 1;
  return group(
    ellipse(34, 6, 62, 116, '#2b211a') +
      ellipse(28, 4, 60, 112, p.radial(['#6b5848', '#4a3a2e', '#2a2019'], 0.4, 0.35, 0.7)) +
      ellipse(2, 0, 66, 122, p.linear([lighter(SAND, 0.1), darker(SAND, 0.45)], 0, 0, 1, 0.4)) +
      ellipse(
        -8,
        0,
        66,
        122,
        p.linear([lighter(SAND, 0.6), lighter(SAND, 0.12), SAND, darker(SAND, 0.3)], 0.1, 0, 0.9, 1),
      ) +
      ellipse(-10, 0, 50, 96, 'none', `stroke="${darker(SAND, 0.22)}" stroke-width="2" opacity=".7"`) +
      ellipse(-10, 0, 47, 92, p.linear([darker(SAND, 0.06), lighter(SAND, 0.34)], 0, 0, 1, 1)) +
      path(
        'M-46 -30 C-42 -74 -26 -92 -8 -92 C-26 -66 -34 -30 -34 20 C-42 10 -48 -8 -46 -30 Z',
        '#ffffff',
        `opacity=".55" ${p.blur(5)}`,
      ),
    `transform="translate(${x} 492) scale(${dir} 1) rotate(${turn})"`,
  );
}

export function headphones(p) {
  const arc = 'M222 452 C206 130 594 130 578 452';
  return (
    shadow(p, 234, 618, 74, 13) +
    shadow(p, 576, 618, 74, 13) +
    stroke('M240 440 C228 176 572 176 560 440', '#3b2f26', 24) +
    stroke('M250 400 C250 196 550 196 550 400', '#6b5848', 10, 'opacity=".6"') +
    stroke(arc, darker(SAND, 0.4), 36) +
    stroke('M221 446 C206 132 592 132 577 446', SAND, 30) +
    stroke('M216 420 C212 214 318 190 380 190', lighter(SAND, 0.65), 9, `opacity=".9" ${p.blur(3)}`) +
    [
      [219, -3],
      [581, 3],
    ]
      .map(([x, turn]) =>
        group(
          rect(-10, -60, 20, 130, 9, p.linear(['#6f737b', '#f4f5f7', '#a9adb5', '#595d65'], 0, 0, 1, 0)) +
            rect(-17, -72, 34, 34, 8, round(p, darker(SAND, 0.12), 0.4)),
          `transform="translate(${x} 420) rotate(${turn})"`,
        ),
      )
      .join('') +
    earCup(p, 236, 5, false) +
    earCup(p, 564, 5, true)
  );
}

export function headphonesFolded(p) {
  const lying = (cx, cy) =>
    group(
      ellipse(0, 0, 106, 98, '#14131f'),
      `transform="translate(${cx + 16} ${cy + 30}) scale(1 .62)" opacity=".4" ${p.blur(14)}`,
    ) +
    slab({
      cx,
      cy: cy + 16,
      turn: 0,
      tilt: 0.62,
      height: 30,
      shape: (fill) => ellipse(0, 0, 102, 94, fill),
      side: p.linear(['#2b211a', '#5d4b3d', '#211812'], 0, 0, 1, 0),
      top: '#4a3a2e',
    }) +
    slab({
      cx,
      cy: cy - 14,
      turn: 0,
      tilt: 0.62,
      height: 22,
      shape: (fill) => ellipse(0, 0, 106, 98, fill),
      side: p.linear([darker(SAND, 0.45), SAND, darker(SAND, 0.5)], 0, 0, 1, 0),
      top: () =>
        ellipse(0, 0, 106, 98, p.linear([lighter(SAND, 0.62), lighter(SAND, 0.1), darker(SAND, 0.2)], 0.1, 0, 0.9, 1)) +
        ellipse(
          0,
          0,
          80,
          74,
          p.linear([darker(SAND, 0.08), lighter(SAND, 0.36)], 0, 0, 1, 1),
          `stroke="${darker(SAND, 0.2)}" stroke-width="2"`,
        ),
    });
  const shell = '#54606b';
  const bag = (fill) => rect(-150, -110, 300, 220, 92, fill);
  return (
    group(bag('#14131f'), `transform="translate(562 372) scale(1 .6) rotate(-12)" opacity=".4" ${p.blur(16)}`) +
    slab({
      cx: 546,
      cy: 350,
      turn: -12,
      tilt: 0.6,
      height: 54,
      shape: bag,
      side: (t) =>
        p.linear(
          [darker(shell, 0.5), t > 0.47 && t < 0.53 ? '#22282e' : lighter(shell, 0.14), darker(shell, 0.45)],
          0,
          0,
          1,
          0,
        ),
      top: () =>
        bag(p.radial([lighter(shell, 0.45), lighter(shell, 0.08), darker(shell, 0.25)], 0.34, 0.3, 0.8)) +
        bag(p.pattern(7, 7, `<circle cx="2" cy="2" r=".9" fill="#20262c" opacity=".3"/>`)) +
        path('M-4 -26 C16 -12 20 8 20 20 H-4 Z M-10 -16 V20 H-30 C-25 6 -18 -6 -10 -16 Z', lighter(shell, 0.5)),
      step: 2,
    }) +
    // The band, lying in a bow.
    stroke(
      'M206 520 C150 300 330 250 420 400 S520 560 520 586',
      '#14131f',
      30,
      `opacity=".35" transform="translate(10 22)" ${p.blur(10)}`,
    ) +
    stroke('M212 520 C146 300 330 246 424 410 S506 540 512 580', darker(SAND, 0.45), 34) +
    stroke('M210 512 C146 292 330 238 424 402 S506 532 510 572', SAND, 28) +
    stroke('M196 440 C188 330 276 282 344 318', lighter(SAND, 0.7), 7, `opacity=".9" ${p.blur(3)}`) +
    lying(226, 560) +
    lying(506, 602)
  );
}

export function phoneCase(p) {
  const sage = '#8fae96';
  const one = (x, y, turn, color) =>
    group(
      rect(-116, -228, 246, 480, 48, '#14131f', `opacity=".34" ${p.blur(18)}`) +
        rect(-122, -240, 244, 480, 46, p.linear([lighter(color, 0.3), darker(color, 0.5)], 0, 0, 1, 1)) +
        rect(
          -117,
          -236,
          234,
          470,
          42,
          p.linear([lighter(color, 0.42), lighter(color, 0.1), color, darker(color, 0.2)], 0, 0, 1, 1),
        ) +
        rect(
          -117,
          -236,
          234,
          470,
          42,
          p.linear(
            [
              [0, '#ffffff', 0.34],
              [0.35, '#ffffff', 0.05],
              [1, '#ffffff', 0],
            ],
            0,
            0,
            1,
            0.5,
          ),
        ) +
        // Where the cameras look out.
        rect(-98, -216, 112, 116, 32, darker(color, 0.35)) +
        rect(-94, -212, 106, 110, 30, '#15171d') +
        [
          [-66, -184],
          [-18, -136],
          [-66, -136],
        ]
          .map(
            ([cx, cy]) =>
              circle(cx, cy, 20, p.linear(['#4a4f5b', '#101218'], 0, 0, 1, 1)) +
              circle(cx, cy, 14, p.radial(['#2c3a78', '#0a0c18'], 0.42, 0.4, 0.6)) +
              ellipse(cx - 5, cy - 5, 4.5, 3, '#dfe8ff', 'opacity=".8"'),
          )
          .join('') +
        circle(-18, -184, 8, '#f5efdc') +
        rect(118, -116, 7, 60, 3, darker(color, 0.3)) +
        rect(118, -40, 7, 96, 3, darker(color, 0.3)) +
        path('M0 60 C30 84 40 118 40 140 H0 Z M-9 76 V140 H-42 C-34 116 -22 94 -9 76 Z', darker(color, 0.17)) +
        stroke('M-118 -150 V190 C-116 216 -100 232 -76 234', lighter(color, 0.75), 2.6, 'opacity=".85"'),
      `transform="translate(${x} ${y}) rotate(${turn})"`,
    );
  return shadow(p, 404, 650, 168, 15) + one(492, 400, 15, '#d9a48f') + one(346, 404, -7, sage);
}

export function charger(p) {
  const white = '#eceae6';
  return (
    path('M232 540 L400 604 L540 534 L640 566 L452 650 L300 606 Z', '#14131f', `opacity=".3" ${p.blur(16)}`) +
    path('M230 538 L400 602 L538 532 L556 542 L404 612 L240 552 Z', '#0b0a12', `opacity=".55" ${p.blur(4)}`) +
    // A cube, by its three faces.
    path(
      'M236 326 L400 372 V596 L236 540 Q228 537 228 528 V336 Q228 324 236 326 Z',
      p.linear([lighter(white, 0.6), white, darker(white, 0.08)], 0, 0, 1, 1),
    ) +
    path(
      'M400 372 L528 318 Q536 316 536 326 V520 Q536 530 528 534 L400 596 Z',
      p.linear([darker(white, 0.14), darker(white, 0.34)], 0, 0, 1, 1),
    ) +
    path(
      'M236 326 L368 276 Q378 272 388 275 L526 314 Q534 318 528 320 L410 371 Q400 375 390 371 Z',
      p.linear(['#ffffff', lighter(white, 0.3)]),
    ) +
    stroke('M400 374 V594', '#ffffff', 3, 'opacity=".8"') +
    stroke('M238 327 L396 371 L528 320', '#ffffff', 2.4, 'opacity=".95"') +
    [404, 474]
      .map((y) =>
        group(
          rect(-38, -12, 76, 24, 12, '#8f8d89') +
            rect(-34, -9, 68, 18, 9, '#1b1c20') +
            rect(-22, -3, 44, 5, 2.5, '#5d6068'),
          `transform="translate(314 ${y}) skewY(15.7)"`,
        ),
      )
      .join('') +
    // A cable, plugged into the lower socket, down to the table and away.
    stroke(
      'M262 508 C150 560 150 664 280 672 S470 668 520 716 S640 742 690 690',
      '#14131f',
      12,
      `opacity=".28" transform="translate(6 14)" ${p.blur(6)}`,
    ) +
    stroke('M266 506 C150 556 150 660 280 668 S470 664 520 712 S640 738 690 686', '#b3b0a9', 14) +
    stroke('M266 504 C152 554 152 656 280 664 S470 660 520 708 S640 734 690 682', '#fdfcfa', 8) +
    stroke('M312 478 L264 505', '#a8a59e', 29) +
    stroke('M311 475 L264 501', p.beam(['#ffffff', '#f1efeb', '#cfccc6'], 280, 466, 296, 506), 23) +
    circle(252, 366, 4, '#7fe0b0') +
    circle(252, 366, 11, '#7fe0b0', `opacity=".45" ${p.blur(4)}`) +
    // Prongs, out of the far side.
    path('M536 392 l52 -22 v16 l-52 24 z M536 446 l52 -24 v16 l-52 26 z', p.linear(['#f3f4f6', '#8d9199', '#55585f']))
  );
}

export function speaker(p) {
  const teal = '#2f7f83';
  const body = 'M262 236 Q400 204 538 236 L546 590 Q548 620 520 628 Q400 652 280 628 Q252 620 254 590 Z';
  const mesh = p.pattern(
    9,
    9,
    `<circle cx="2.2" cy="2.2" r="1.9" fill="#0c3033" opacity=".5"/><circle cx="6.7" cy="6.7" r="1.9" fill="#0c3033" opacity=".5"/><circle cx="1.7" cy="1.6" r=".7" fill="#b9f0ee" opacity=".35"/>`,
  );
  return (
    shadow(p, 400, 634, 148, 21) +
    stroke('M534 268 C612 262 622 412 536 424', '#6b3f1e', 17) +
    stroke('M534 264 C606 260 616 404 536 418', '#b5793f', 11) +
    path(body, round(p, teal, 0.34)) +
    path(body, mesh) +
    path('M300 250 C290 380 292 520 304 620 C322 520 322 360 336 240 Z', '#ffffff', `opacity=".28" ${p.blur(11)}`) +
    path('M254 584 Q252 620 280 628 Q400 652 520 628 Q548 620 546 584 Q400 614 254 584 Z', round(p, '#23272c', 0.25)) +
    ellipse(400, 232, 140, 30, round(p, '#23272c', 0.25)) +
    ellipse(400, 224, 138, 29, p.linear(['#5d656e', '#30363d', '#1c2025'], 0, 0, 1, 0.7)) +
    ellipse(400, 223, 112, 21, 'none', 'stroke="#11151a" stroke-width="2"') +
    stroke('M330 222 H358 M442 222 H470 M456 216 V228', '#e7edf0', 4) +
    path('M392 213 L412 222 L392 231 Z', '#e7edf0') +
    rect(352, 430, 96, 40, 8, p.linear(['#3a4047', '#1b1f24'])) +
    path('M398 438 C408 446 411 454 411 461 H398 Z M394 443 V461 H385 C387 454 390 448 394 443 Z', '#dfe6ea')
  );
}

export function watch(p) {
  const strap = '#2b2f3a';
  const ring = (r, share, color, track) => {
    const length = 2 * Math.PI * r;
    return (
      circle(400, 400, r, 'none', `stroke="${track}" stroke-width="17"`) +
      circle(
        400,
        400,
        r,
        'none',
        `stroke="${color}" stroke-width="17" stroke-linecap="round" stroke-dasharray="${length * share} ${length}" transform="rotate(-90 400 400)"`,
      )
    );
  };
  const band = (d, dots) =>
    path(d, round(p, strap, 0.26)) + dots.map(([x, y]) => ellipse(x, y, 7, 4.5, '#0b0c10')).join('');
  return group(
    path(
      'M318 292 C322 200 334 130 344 92 Q400 76 456 92 C466 130 478 200 482 292 A156 156 0 0 1 482 508 C478 590 466 640 456 676 Q400 694 344 676 C334 640 322 590 318 508 A156 156 0 0 1 318 292 Z',
      '#14131f',
      `opacity=".42" transform="translate(30 26)" ${p.blur(18)}`,
    ) +
      band('M318 292 C322 200 334 130 344 92 Q400 76 456 92 C466 130 478 200 482 292 Z', []) +
      band('M318 508 C322 590 334 640 344 676 Q400 694 456 676 C466 640 478 590 482 508 Z', [
        [400, 612],
        [400, 634],
        [400, 656],
      ]) +
      path('M336 150 C332 190 328 240 326 290 C346 240 352 190 356 140 Z', '#ffffff', `opacity=".2" ${p.blur(5)}`) +
      rect(546, 372, 26, 56, 9, p.linear(['#f1f2f4', '#8f949d', '#4d5159'])) +
      Array.from({ length: 7 }, (_, i) => rect(556, 377 + i * 7, 16, 2, 1, '#33363d', 'opacity=".7"')).join('') +
      circle(404, 408, 158, '#0b0a12', `opacity=".45" ${p.blur(10)}`) +
      circle(400, 400, 156, p.linear(['#ffffff', '#b5bac3', '#646973', '#d7dae0', '#50545c'], 0.1, 0, 0.9, 1)) +
      circle(400, 400, 146, p.linear(['#3b3f48', '#15171c'], 0, 0, 1, 1)) +
      circle(400, 400, 138, '#08090d') +
      ring(112, 0.78, '#ff5d73', '#3a1820') +
      ring(90, 0.62, '#8ee26b', '#1d3218') +
      ring(68, 0.86, '#57c7ff', '#142c3a') +
      `<text x="400" y="412" font-family="DejaVu Sans" font-weight="bold" font-size="33" fill="#f5f7fa" text-anchor="middle">10:08</text>` +
      path(
        'M286 330 A132 132 0 0 1 474 290 C420 300 336 352 300 452 A132 132 0 0 1 286 330 Z',
        p.linear(
          [
            [0, '#ffffff', 0.3],
            [1, '#ffffff', 0.01],
          ],
          0,
          0,
          1,
          1,
        ),
      ),
    'transform="rotate(9 400 400)"',
  );
}

export function earbuds(p) {
  const white = '#f0efed';
  const bud = (x, flip) =>
    group(
      rect(-13, -6, 26, 96, 13, round(p, white, 0.7)) +
        circle(-8, -26, 41, p.radial(['#ffffff', '#f0efed', '#c4c2c0', '#8f8d90'], 0.36, 0.3, 0.78)) +
        ellipse(24, -34, 17, 23, p.radial(['#5a5d66', '#2b2d33'], 0.4, 0.4, 0.6), 'transform="rotate(16 24 -34)"') +
        ellipse(28, -36, 9, 14, '#15161a', 'transform="rotate(16 28 -36)"') +
        ellipse(-22, -44, 11, 7, '#ffffff', `transform="rotate(-38 -22 -44)" ${p.blur(2)}`) +
        rect(-4, 18, 4, 26, 2, '#b9b7b5'),
      `transform="translate(${x} 366) scale(${flip} 1)"`,
    );
  return (
    shadow(p, 400, 634, 186, 24) +
    // Lid, standing open behind.
    path(
      'M232 424 C230 280 262 214 326 210 H474 C538 214 570 280 568 424 Z',
      p.linear(['#ffffff', '#d8d6d4', '#aaa8a8'], 0, 0, 0.5, 1),
    ) +
    path(
      'M250 424 C250 300 276 236 330 232 H470 C524 236 550 300 550 424 Z',
      p.linear(['#8b898b', '#c9c7c6', '#e4e2e0']),
    ) +
    path('M232 412 H568 V446 H232 Z', p.linear(['#6f6d70', '#a5a3a4'])) +
    ellipse(322, 436, 56, 15, '#3f3e42') +
    ellipse(478, 436, 56, 15, '#3f3e42') +
    bud(322, 1) +
    bud(478, -1) +
    path(
      'M216 436 Q400 452 584 436 C592 520 580 600 540 622 Q520 634 480 634 H320 Q280 634 260 622 C220 600 208 520 216 436 Z',
      p.linear(['#c3c1c0', '#ffffff', '#f4f3f1', '#dbd9d7', '#a19fa1'], 0, 0, 1, 0.25),
    ) +
    path('M240 458 C238 530 252 590 288 608 C268 560 266 510 272 460 Z', '#ffffff', `opacity=".95" ${p.blur(6)}`) +
    stroke('M218 440 Q400 456 582 440', '#ffffff', 3) +
    circle(400, 500, 5, '#ffb347') +
    circle(400, 500, 13, '#ffb347', `opacity=".4" ${p.blur(5)}`) +
    path('M400 556 C412 565 416 577 416 584 H400 Z M396 562 V584 H384 C387 575 391 568 396 562 Z', '#bdbbba')
  );
}

export function keyboard(p) {
  const frame = '#5b6270';
  const turn = -14;
  const tilt = 0.58;
  const place = { cx: 400, turn, tilt };
  const case_ = (fill) => rect(-322, -136, 644, 272, 20, fill);
  const widths = [
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1],
    [1.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.5, 1],
    [1.75, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2.25, 1],
    [2.25, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.75, 1, 1],
    [1.25, 1.25, 1.25, 6.25, 1, 1, 1, 1, 1, 1],
  ];
  const unit = 38.6;
  const cap = (x, y, w, color) => {
    const h = 38;
    let sides = '';
    for (let z = 0; z < 15; z += 1) {
      const inset = z * 0.16;
      sides += group(
        rect(x + inset, y + inset, w - 2 * inset, h - 2 * inset, 6, darker(color, 0.42 - z * 0.012)),
        `transform="translate(400 ${430 - z}) scale(1 ${tilt}) rotate(${turn})"`,
      );
    }
    const top =
      rect(x + 2.5, y + 2, w - 5, h - 6, 6, lighter(color, 0.12)) + rect(x + 5, y + 3.5, w - 10, h - 11, 5, color);
    return sides + group(top, `transform="translate(400 ${430 - 15}) scale(1 ${tilt}) rotate(${turn})"`);
  };
  let keys = '';
  widths.forEach((row, r) => {
    let x = -309;
    row.forEach((units, i) => {
      const w = units * unit;
      const modifier =
        (units > 1 && units < 6) || i >= row.length - 1 || (r === 4 && units !== 6.25) || (r === 0 && i === 0);
      const color = r === 0 && i === 0 ? '#e8743b' : modifier ? '#8d95a3' : '#efe9dc';
      keys += cap(x, -116 + r * 46, w - 4, color);
      x += w;
    });
  });
  return (
    group(
      case_('#14131f'),
      `transform="translate(424 506) scale(1 ${tilt}) rotate(${turn})" opacity=".4" ${p.blur(20)}`,
    ) +
    group(
      case_('#0b0a12'),
      `transform="translate(404 482) scale(1 ${tilt}) rotate(${turn})" opacity=".5" ${p.blur(6)}`,
    ) +
    slab({
      ...place,
      cy: 468,
      height: 34,
      shape: case_,
      side: p.linear([darker(frame, 0.5), lighter(frame, 0.35), frame, darker(frame, 0.4)], 0, 0, 1, 0.4),
      top: () =>
        case_(p.linear([lighter(frame, 0.5), frame, darker(frame, 0.2)], 0, 0, 1, 1)) +
        rect(-313, -124, 626, 246, 10, '#22262e'),
    }) +
    keys
  );
}

export function hub(p) {
  const metal = '#8f97a6';
  const shape = (fill) => rect(-238, -74, 476, 148, 30, fill);
  const place = { cx: 424, turn: -16, tilt: 0.6 };
  const at = (content) => group(content, 'transform="translate(424 512) rotate(-9.8) skewX(2)"');
  return (
    group(shape('#14131f'), `transform="translate(448 530) scale(1 .6) rotate(-16)" opacity=".42" ${p.blur(18)}`) +
    group(shape('#0b0a12'), `transform="translate(428 510) scale(1 .6) rotate(-16)" opacity=".5" ${p.blur(5)}`) +
    // Cable and plug.
    stroke(
      'M214 470 C110 480 96 330 190 300 S330 300 344 226',
      '#14131f',
      20,
      `opacity=".25" transform="translate(8 16)" ${p.blur(8)}`,
    ) +
    stroke('M230 462 C116 478 98 330 190 300 S334 292 346 220', '#3d424d', 20) +
    stroke('M222 458 C120 470 106 334 192 296 S326 290 340 226', '#757d8c', 6, 'opacity=".9"') +
    group(
      rect(-19, -62, 38, 76, 9, round(p, metal, 0.45)) + rect(-12, -92, 24, 34, 8, round(p, '#d5d8de', 0.6)),
      'transform="translate(344 214) rotate(14)"',
    ) +
    slab({
      ...place,
      cy: 500,
      height: 46,
      shape,
      side: p.linear([darker(metal, 0.5), lighter(metal, 0.3), metal, darker(metal, 0.35)], 0, 0, 1, 0.5),
      top: () =>
        shape(p.linear([lighter(metal, 0.72), lighter(metal, 0.24), metal, darker(metal, 0.1)], 0.05, 0, 0.95, 1)) +
        rect(-237, -73, 474, 146, 29, 'none', `stroke="${lighter(metal, 0.85)}" stroke-width="2" opacity=".85"`) +
        path('M-2 -26 C18 -12 22 8 22 20 H-2 Z M-8 -16 V20 H-28 C-23 6 -16 -6 -8 -16 Z', darker(metal, 0.25)) +
        circle(196, 0, 5, '#8ff0c0'),
    }) +
    // Ports along the long side, towards us.
    at(
      rect(-176, 14, 74, 28, 4, '#14161b') +
        rect(-168, 29, 58, 8, 2, '#3f73d8') +
        rect(-84, 14, 74, 28, 4, '#14161b') +
        rect(-76, 29, 58, 8, 2, '#3f73d8') +
        path('M10 14 H72 V30 L64 42 H18 L10 30 Z', '#14161b') +
        rect(22, 24, 38, 7, 2, '#4a4f5a') +
        rect(92, 19, 46, 18, 9, '#14161b') +
        rect(102, 25, 26, 6, 3, '#5d6370') +
        rect(156, 23, 44, 8, 3, '#14161b'),
    )
  );
}

export function band(p) {
  const coral = '#ec6a5c';
  const front = 'M206 396 A194 64 0 0 0 594 396 V528 A194 64 0 0 1 206 528 Z';
  return (
    ellipse(424, 566, 214, 62, '#1b1a2a', `opacity=".26" ${p.blur(20)}`) +
    ellipse(404, 548, 198, 54, '#0c0b14', `opacity=".5" ${p.blur(6)}`) +
    // The inner side, seen through the loop.
    ellipse(
      400,
      396,
      194,
      64,
      p.linear(
        [darker(coral, 0.62), darker(coral, 0.3), darker(coral, 0.18), darker(coral, 0.45), darker(coral, 0.66)],
        0,
        0,
        1,
        0,
      ),
    ) +
    ellipse(
      400,
      402,
      176,
      52,
      p.linear([
        [0, '#0b0d14', 0.42],
        [0.45, '#0b0d14', 0.1],
        [1, '#0b0d14', 0],
      ]),
    ) +
    path(
      front,
      p.linear(
        [
          [0, darker(coral, 0.45)],
          [0.05, darker(coral, 0.15)],
          [0.2, lighter(coral, 0.42)],
          [0.32, lighter(coral, 0.12)],
          [0.62, coral],
          [0.86, darker(coral, 0.36)],
          [0.96, darker(coral, 0.52)],
          [1, darker(coral, 0.34)],
        ],
        0,
        0,
        1,
        0,
      ),
    ) +
    stroke('M206 396 A194 64 0 0 0 594 396', lighter(coral, 0.55), 4, 'opacity=".9"') +
    stroke('M207 526 A194 64 0 0 0 593 526', darker(coral, 0.5), 3, 'opacity=".6"') +
    path(
      'M232 436 C228 470 230 510 236 552 C250 566 262 572 276 577 C264 530 262 490 266 452 Z',
      '#ffffff',
      `opacity=".45" ${p.blur(7)}`,
    ) +
    [540, 556, 571].map((x, i) => ellipse(x, 496 - i * 9, 3.6 - i * 0.5, 8, darker(coral, 0.6))).join('') +
    // The display, bent with the band.
    path(
      'M312 462 Q400 478 488 462 Q502 460 502 474 V548 Q502 562 488 566 Q400 582 312 566 Q298 562 298 548 V474 Q298 460 312 462 Z',
      p.linear(['#4a4e59', '#14161b', '#0c0d11', '#2b2e36'], 0, 0, 1, 0.5),
    ) +
    path(
      'M316 469 Q400 484 484 469 Q495 468 495 479 V544 Q495 556 484 559 Q400 574 316 559 Q305 556 305 544 V479 Q305 468 316 469 Z',
      '#06070a',
    ) +
    `<text x="372" y="526" font-family="DejaVu Sans" font-weight="bold" font-size="34" fill="#ffffff" text-anchor="middle">8214</text>` +
    stroke('M326 544 Q372 552 420 550', '#2b2f38', 6) +
    stroke('M326 544 Q358 550 392 551', '#ff8a7a', 6) +
    path('M462 506 c-6 -9 -17 -2 -9 8 l9 9 l9 -9 c8 -10 -3 -17 -9 -8 z', '#ff5d73') +
    `<text x="462" y="547" font-family="DejaVu Sans" font-size="18" fill="#dfe3ea" text-anchor="middle">64</text>` +
    path(
      'M316 469 Q352 476 388 477 L340 563 L316 559 Q305 556 305 544 V479 Q305 468 316 469 Z',
      p.linear(
        [
          [0, '#ffffff', 0.26],
          [1, '#ffffff', 0.03],
        ],
        0,
        0,
        0.6,
        1,
      ),
    )
  );
}
