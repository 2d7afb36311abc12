// palette: colours of the theme, told apart without seeing colour by patterns, dashes and shapes.
//
// The colours are custom properties of .chart in lyceum.css: at least 3:1 on the page, in light and dark, and chosen so that
// they stay apart under protanopia, deuteranopia and tritanopia.

export const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'hexagon'];
export const DASHES = [null, '7 4', '2 3', '9 3 2 3', '12 4', '5 2 1 2 1 2', '1 4', '3 6'];
const STRONG = 0.4;
const SVG = 'http://www.w3.org/2000/svg';
const LINES = [
  null, 'M-2,10L10,-2M-2,2L2,-2M6,10L10,6', 'dots', 'M0,2H8M0,6H8', 'M0,0L8,8M0,8L8,0', 'M2,0V8M6,0V8',
  'M-2,-2L10,10M-2,6L2,10M6,-2L10,2', 'M0,4H8M4,0V8',
];

const parse = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const between = (a, b, t) => `#${a.map((v, i) => Math.round(v + (b[i] - v) * t).toString(16).padStart(2, '0')).join('')}`;

export class Palette {
  constructor(element, prefix) {
    const style = getComputedStyle(element);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    this.prefix = prefix;
    this.paper = read('paper');
    this.ink = read('ink');
    this.muted = read('muted');
    this.line = read('line');
    this.series = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => read(`chart-${i}`));
    this.stops = ['low', 'middle', 'high'].map((n) => parse(read(`chart-${n}`)));
    this.poles = ['less', 'none', 'more'].map((n) => parse(read(`chart-${n}`)));
    this.land = read('chart-land');
  }

  // t from 0 to 1 along three stops.
  ramp(t, stops = this.stops) {
    const u = Math.min(1, Math.max(0, t)) * 2;
    return u < 1 ? between(stops[0], stops[1], u) : between(stops[1], stops[2], u - 1);
  }

  // A number's colour in its range; around zero from one pole to the other.
  tint([low, high], v, strong = false) {
    if (v === null || v === undefined) return strong ? this.muted : this.line;
    if (low < 0 && high > 0) return this.ramp(0.5 + v / (2 * Math.max(-low, high)), this.poles);
    const t = high > low ? (v - low) / (high - low) : 0.5;
    return this.ramp(strong ? STRONG + t * (1 - STRONG) : t);
  }

  color(k) {
    return this.series[k % this.series.length];
  }

  // What an area of group k is filled with: plain when there is only one.
  fill(k, n) {
    return n > 1 && LINES[k % LINES.length] ? `url(#${this.prefix}-p${k})` : this.color(k);
  }

  defs(n) {
    const defs = document.createElementNS(SVG, 'defs');
    for (let k = 0; n > 1 && k < n; k += 1) if (LINES[k]) defs.append(this.pattern(k));
    return defs;
  }

  pattern(k) {
    const make = (name, attributes, ...children) => {
      const node = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      node.append(...children);
      return node;
    };
    const over = LINES[k] === 'dots'
      ? make('circle', { cx: 4, cy: 4, r: 1.5, fill: this.paper })
      : make('path', { d: LINES[k], stroke: this.paper, 'stroke-width': 1.3, fill: 'none' });
    return make('pattern', { id: `${this.prefix}-p${k}`, width: 8, height: 8, patternUnits: 'userSpaceOnUse' },
      make('rect', { width: 8, height: 8, fill: this.color(k) }), over);
  }
}
