// legend: which colour, pattern, dash or shape is whose; a ramp for numbers. A picture of its own, so that downloads hold it.
import * as Plot from '@observablehq/plot';
import { seriesName } from './data.js';
import { compact, cut, widthOf } from './format.js';
import { DASHES, SYMBOLS } from './palette.js';

const SVG = 'http://www.w3.org/2000/svg';
const ROW = 20;
const SWATCH = 18;

const node = (name, attributes, text) => {
  const n = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) n.setAttribute(key, value);
  if (text !== undefined) n.textContent = text;
  return n;
};

const picture = (width, height, palette, n) => {
  const svg = node('svg', { class: 'chart-legend', width, height, viewBox: `0 0 ${width} ${height}`, 'font-size': 12, 'font-family': 'system-ui, sans-serif', fill: 'currentColor' });
  svg.append(palette.defs(n));
  return svg;
};

// Plot's own drawing of a shape: the same symbol that stands in the chart.
const symbol = (k, palette) => {
  const svg = Plot.plot({ width: SWATCH, height: 14, margin: 0, axis: null, x: { domain: [0, 1] }, y: { domain: [0, 1] }, marks: [Plot.dot([0.5], { x: 0.5, y: 0.5, r: 5, symbol: SYMBOLS[k], fill: palette.color(k), stroke: 'none' })] });
  const shape = svg.querySelector('path, circle').cloneNode();
  shape.setAttribute('fill', palette.color(k));
  return shape;
};

const swatch = (mark, k, n, palette) => {
  const g = node('g', {});
  if (mark === 'line') g.append(node('line', { x1: 0, x2: SWATCH, y1: 7, y2: 7, stroke: palette.color(k), 'stroke-width': 2.5, 'stroke-dasharray': n > 1 ? DASHES[k] : null }));
  else if (mark === 'dot' || mark === 'geo' || mark === 'ruleY') g.append(symbol(k, palette));
  else g.append(node('rect', { width: SWATCH, height: 14, rx: 2, fill: mark === 'box' || mark === 'tickX' ? palette.color(k) : palette.fill(k, n) }));
  return g;
};

const groups = (table, palette, width) => {
  const n = table.series.length;
  const title = `${table.titles.color}:`;
  let x = widthOf(title, '600 12px system-ui, sans-serif') + 12;
  let y = 0;
  const items = table.series.map((_, k) => {
    const text = cut(seriesName(table, k), Math.min(180, width - 40));
    const wide = SWATCH + 6 + widthOf(text) + 16;
    if (x + wide > width && x > 0) {
      x = 0;
      y += ROW;
    }
    const item = node('g', { transform: `translate(${x},${y + 3})` });
    item.append(swatch(table.spec.mark, k, n, palette), node('text', { x: SWATCH + 6, y: 11 }, text));
    x += wide;
    return item;
  });
  const svg = picture(width, y + ROW + 2, palette, n);
  svg.append(node('text', { x: 0, y: 14, 'font-weight': 600 }, title), ...items);
  return svg;
};

const rampBar = (table, palette, width, strong) => {
  const [low, high] = table.range;
  const title = table.titles.color;
  const words = [compact(low), compact(high)];
  const from = Math.min(width / 2, widthOf(title, '600 12px system-ui, sans-serif') + 12) + widthOf(words[0]) + 6;
  const wide = Math.min(160, Math.max(60, width - from - widthOf(words[1]) - 10));
  const svg = picture(width, ROW + 2, palette, 1);
  svg.append(node('text', { x: 0, y: 14, 'font-weight': 600 }, cut(title, width / 2)), node('text', { x: from - 6, y: 14, 'text-anchor': 'end' }, words[0]));
  for (let i = 0; i < 24; i += 1)
    svg.append(node('rect', { x: from + (i * wide) / 24, y: 3, width: wide / 24 + 0.5, height: 14, fill: palette.tint(table.range, low + ((high - low) * (i + 0.5)) / 24, strong) }));
  svg.append(node('text', { x: from + wide + 6, y: 14 }, words[1]));
  return svg;
};

const note = (text, palette, width) => {
  const svg = picture(width, ROW, palette, 1);
  svg.append(node('text', { x: 0, y: 14, fill: palette.muted }, cut(text, width)));
  return svg;
};

const joined = (parts, palette, width) => {
  const height = parts.reduce((sum, p) => sum + Number(p.getAttribute('height')), 0);
  const svg = picture(width, height, palette, 1);
  let y = 0;
  for (const part of parts) {
    const g = node('g', { transform: `translate(0,${y})` });
    g.append(...part.childNodes);
    svg.append(g);
    y += Number(part.getAttribute('height'));
  }
  return svg;
};

export const legendOf = (table, built, palette, width) => {
  const parts = [];
  if (table.series) parts.push(groups(table, palette, width));
  else if (table.ramp && table.range?.every(Number.isFinite) && table.spec.mark !== 'line' && table.spec.mark !== 'box') parts.push(rampBar(table, palette, width, ['dot', 'geo', 'tickX', 'ruleY'].includes(table.spec.mark)));
  if (built.unit) parts.push(note(`One square is ${compact(built.unit)}${table.units ? ` ${table.units}` : ''}.`, palette, width));
  if (built.sized) parts.push(note(`A larger mark: more ${table.titles.size}.`, palette, width));
  return parts.length ? joined(parts, palette, width) : null;
};
