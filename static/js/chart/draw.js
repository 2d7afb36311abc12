// draw: panels by Plot with shared axes, and the legend.
import * as Plot from '@observablehq/plot';
import { seriesName, tell } from './data.js';
import { compact, cut, date, exact, widthOf } from './format.js';
import { legendOf } from './legend.js';
import { buildMark } from './marks.js';
import { Palette } from './palette.js';

const PANEL = 260; // the least width of one of several panels
const NARROW = 480;
let drawn = 0;

const label = (table, channel, built) => {
  if (channel === 'y' && built.counted) return built.data.some((p) => !Number.isInteger(p.n)) ? 'weight' : 'rows';
  const title = table.titles[channel];
  return table.units && channel === table.value && table.types[channel] !== 'text' ? `${title} (${table.units})` : title;
};

const wordsOf = (table, channel, most) => (v) => cut(exact(v, table.types[channel]), most);

// Every label that fits, evenly chosen.
const thinned = (domain, most) => {
  const step = Math.ceil(domain.length / Math.max(1, most));
  return domain.filter((_, i) => i % step === 0);
};

const years = (table, channel) => (table.types[channel] === 'year' ? (v) => (Number.isInteger(v) ? String(v) : '') : compact);

// The axis across: names lie slanted when they would touch.
const acrossAxis = (table, axis, room) => {
  if (!axis) return { options: { axis: null }, margin: 16 };
  if (axis.kind === 'linear' || axis.kind === 'utc') {
    const options = { type: axis.kind, domain: axis.domain, nice: axis.nice !== false, ticks: Math.max(3, Math.floor(room / 75)) };
    if (axis.kind === 'linear') options.tickFormat = years(table, 'x');
    if (axis.kind === 'utc') options.labelOffset = 46; // below the years
    return { options, margin: axis.kind === 'utc' ? 52 : 40 };
  }
  const words = wordsOf(table, 'x', 110);
  const widest = Math.max(...axis.domain.map((v) => widthOf(words(v))));
  const each = room / axis.domain.length;
  const slanted = widest + 6 > each && table.types.x === 'text';
  const fits = Math.floor(room / (slanted ? 15 : widest + 8));
  return {
    options: { type: axis.kind, domain: axis.domain, tickFormat: words, ticks: thinned(axis.domain, fits), tickRotate: slanted ? -45 : 0, padding: axis.padding ?? 0.12 },
    margin: slanted ? Math.min(110, widest * 0.72 + 40) : 42,
    slanted,
  };
};

const upAxis = (table, axis, height, width) => {
  if (!axis) return { options: { axis: null }, margin: 12 };
  if (axis.kind === 'linear' || axis.kind === 'utc') {
    const format = axis.kind === 'utc' ? date : years(table, 'y');
    const widest = axis.kind === 'utc' ? 70 : Math.max(...axis.domain.map((v) => widthOf(format(v))), widthOf(format((axis.domain[0] + axis.domain[1]) / 2.7)));
    return {
      options: { type: axis.kind, domain: axis.domain, nice: true, ticks: Math.max(3, Math.floor(height / 45)), grid: true, ...(axis.kind === 'linear' ? { tickFormat: format } : {}) },
      margin: Math.max(34, Math.min(80, widest + 16)),
    };
  }
  const most = Math.min(170, width * 0.36);
  const words = wordsOf(table, 'y', most);
  const widest = Math.max(...axis.domain.map((v) => widthOf(words(v))));
  const options = { type: axis.kind, domain: axis.domain, tickFormat: words, ticks: thinned(axis.domain, Math.floor(height / 14)), padding: axis.padding ?? 0.12 };
  if (axis.reverse) options.reverse = true;
  return { options, margin: widest + 16 };
};

const bandsOf = (axis) => (axis && (axis.kind === 'band' || axis.kind === 'point') ? axis.domain.length : 0);

const heightOf = (table, built, width) => {
  const n = bandsOf(built.y);
  if (built.geo) return Math.round(Math.max(180, width * 0.52));
  if (n > 0) return Math.max(140, Math.min(1600, n * (n > 40 ? 16 : 24) + 80));
  if (!built.y) return 150;
  return Math.round(Math.min(420, Math.max(240, width * 0.5)));
};

// The whole globe, or what the places cover with some room around.
const projectionOf = (data) => {
  const [xs, ys] = [data.map((p) => p.x), data.map((p) => p.y)];
  const [w, e, s, n] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  if (e - w > 120 || n - s > 70) return { type: 'equal-earth' };
  const pad = Math.max(1, 0.08 * Math.max(e - w, n - s));
  const corners = { type: 'MultiPoint', coordinates: [[w - pad, Math.max(-84, s - pad)], [e + pad, Math.min(84, n + pad)]] };
  return { type: 'mercator', domain: corners };
};

const axesOf = (table, built, width, height) => {
  const up = upAxis(table, built.y, height, width);
  const across = acrossAxis(table, built.x, width - up.margin - 16);
  return { up, across };
};

const tipOf = (table, datum) => {
  const rows = [];
  const put = (name, text) => rows.push([name, text]);
  if ('median' in datum) {
    if (table.types[table.category]) put(table.titles[table.category], tell(table, table.category, datum[table.category]));
    for (const [name, key] of [['median', 'median'], ['quartiles', 'q1'], ['range', 'least']]) {
      const other = { q1: 'q3', least: 'most' }[key];
      put(name, other ? `${tell(table, table.value, datum[key])} to ${tell(table, table.value, datum[other])}` : tell(table, table.value, datum[key]));
    }
    return [...rows, ['rows', compact(datum.n)]];
  }
  for (const c of ['x', 'y']) {
    if (`${c}1` in datum) put(table.titles[c], `${exact(datum[`${c}1`], table.types[c])} to ${exact(datum[`${c}2`], table.types[c])}`);
    else if (c in datum) put(table.titles[c], tell(table, c, datum[c]));
  }
  if (table.series && 'series' in datum) put(table.titles.color, seriesName(table, datum.series));
  if (table.ramp && datum.color !== undefined) put(table.titles.color, tell(table, 'color', datum.color));
  if (table.types.size) put(table.titles.size, tell(table, 'size', datum.size));
  if (table.spec.mark === 'rect' && !table.types.y) put('rows', compact(datum.n));
  if (table.types.facet) put(table.titles.facet, tell(table, 'facet', datum.facet));
  return rows;
};

class Drawing {
  constructor(table, place) {
    this.table = table;
    this.built = buildMark(table);
    drawn += 1;
    this.palette = new Palette(place, `chart${drawn}`);
    this.stage = document.createElement('div');
    this.stage.className = 'chart-stage';
    this.svgs = [];
    this.points = []; // {datum, panel, x, y, w?, h?}
    const several = table.facets.length;
    const columns = several ? Math.max(1, Math.min(several, Math.floor(place.clientWidth / PANEL))) : 1;
    this.width = Math.floor(place.clientWidth / columns) - (columns > 1 ? 12 : 0);
    this.height = heightOf(table, this.built, this.width);
    if (several && bandsOf(this.built.y) === 0 && !this.built.geo) this.height = Math.max(260, this.height);
  }

  tip(datum) {
    return tipOf(this.table, datum);
  }

  options(name, marks) {
    const { built, table } = this;
    const base = { width: this.width, height: this.height, style: { fontSize: '12px', fontFamily: 'system-ui, sans-serif', background: 'transparent', overflow: 'visible' } };
    const head = name === null ? [] : [Plot.text([cut(`${table.titles.facet}: ${exact(name, table.types.facet)}`, this.width - 20)], { frameAnchor: 'top-left', dy: built.geo ? -16 : -24, fontWeight: 600, fontSize: 13 })];
    if (built.geo) return { ...base, marginTop: name === null ? 4 : 24, projection: projectionOf(built.data), r: { range: [2, 14] }, marks: [...marks, ...head] };
    const { up, across } = axesOf(table, built, this.width, this.height);
    const height = this.height + (across.slanted ? across.margin - 42 : 0);
    return {
      ...base, height, marginTop: name === null ? 28 : 48, marginRight: 16, marginLeft: up.margin, marginBottom: across.margin,
      x: { ...across.options, label: label(table, 'x', built), grid: !bandsOf(built.x) && bandsOf(built.y) > 0, ...(across.slanted ? { labelOffset: across.margin - 4 } : {}) },
      y: { ...up.options, label: label(table, 'y', built), grid: !bandsOf(built.y), ...(bandsOf(built.y) ? { labelAnchor: 'top' } : {}) },
      r: { range: [2, 14] }, marks: [...marks, ...head],
    };
  }

  panel(name, index, land) {
    const { table, built, palette } = this;
    const data = name === null ? built.data : built.data.filter((p) => (p.facet instanceof Date ? +p.facet === +name : p.facet === name));
    const points = [];
    const n = table.series?.length ?? 1;
    const svg = Plot.plot(this.options(name, built.build(data, { palette, points, n, land })));
    for (const style of svg.querySelectorAll('style')) style.remove(); // refused by the policy; the rules are in lyceum.css
    for (const g of svg.querySelectorAll('[aria-label]')) g.removeAttribute('aria-label'); // the picture has one name
    svg.classList.add('chart-panel');
    svg.prepend(palette.defs(n));
    for (const p of points) if (!p.datum.made) this.points.push({ ...p, panel: index });
    this.svgs.push(svg);
    this.stage.append(svg);
  }
}

export const drawPanels = async (table, place) => {
  const drawing = new Drawing(table, place);
  const land = drawing.built.geo ? await import('./world.js').then((world) => world.land) : null;
  const names = table.facets.length ? table.facets : [null];
  names.forEach((name, i) => drawing.panel(name, i, land));
  drawing.legend = legendOf(table, drawing.built, drawing.palette, place.clientWidth);
  drawing.narrow = place.clientWidth < NARROW;
  return drawing;
};
