// marks: each kind of chart as Plot's marks over data that is summed, binned or ranked here, so that one datum is one point.
import * as Plot from '@observablehq/plot';
import { bin, bin2, boxes } from './bins.js';
import { gather, orderOf } from './data.js';
import { DASHES, SYMBOLS } from './palette.js';

const MANY = 300; // dots past it are see-through
const DENSE = 400;

// Where a datum stands, in pixels of its panel: from what Plot computed when it drew it.
const places = {
  barY: (v, s, d, i) => ({ x: v.x ? v.x[i] : d.marginLeft, w: s.x?.bandwidth ? s.x.bandwidth() : d.width - d.marginLeft - d.marginRight, y: Math.min(v.y1[i], v.y2[i]), h: Math.abs(v.y1[i] - v.y2[i]) }),
  barX: (v, s, d, i) => ({ y: v.y ? v.y[i] : d.marginTop, h: s.y?.bandwidth ? s.y.bandwidth() : d.height - d.marginTop - d.marginBottom, x: Math.min(v.x1[i], v.x2[i]), w: Math.abs(v.x1[i] - v.x2[i]) }),
  rect: (v, s, d, i) => ({ x: Math.min(v.x1[i], v.x2[i]), w: Math.abs(v.x1[i] - v.x2[i]), y: Math.min(v.y1[i], v.y2[i]), h: Math.abs(v.y1[i] - v.y2[i]) }),
  cell: (v, s, d, i) => ({ x: v.x[i], w: s.x.bandwidth(), y: v.y[i], h: s.y.bandwidth() }),
  dot: (v, s, d, i) => ({ x: v.x ? v.x[i] : d.width / 2, y: v.y ? v.y[i] : d.height / 2 }),
  area: (v, s, d, i) => ({ x: (v.x1 ?? v.x)[i], y: v.y2[i] }),
  waffle: (v, s, d, i) => ({ x: v.x ? v.x[i] : d.width / 2, y: v.y1[i] }),
  rule: (v, s, d, i) => ({ x: v.x2 ? v.x2[i] : d.width - d.marginRight, y: v.y[i] + (s.y?.bandwidth ? s.y.bandwidth() / 2 : 0) }),
  tick: (v, s, d, i) => ({ x: v.x[i], y: v.y ? v.y[i] + (s.y.bandwidth ? s.y.bandwidth() / 2 : 0) : (d.marginTop + d.height - d.marginBottom) / 2 }),
};

// The render option that notes each datum's place while Plot draws it.
export const noting = (kind, data, into) => (index, scales, values, dimensions, context, next) => {
  for (const i of index) {
    const place = places[kind](values, scales, dimensions, i);
    if (Number.isFinite(place.x) && Number.isFinite(place.y)) into.push({ datum: data[i], ...place });
  }
  return next(index, scales, values, dimensions, context);
};

const extent = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
const bySeries = (a, b) => (a.series ?? 0) - (b.series ?? 0);

// From zero to the tallest stack of any panel.
const stackDomain = (data, along, measure) => {
  const up = new Map();
  const down = new Map();
  for (const p of data) {
    const key = JSON.stringify([p[along] ?? null, p.facet ?? null]);
    const side = p[measure] < 0 ? down : up;
    side.set(key, (side.get(key) ?? 0) + p[measure]);
  }
  const [, high] = extent([0, ...up.values()]);
  const [low] = extent([0, ...down.values()]);
  return [low, high === low ? low + 1 : high];
};

// An axis of numbers or dates over all panels.
const spanOf = (table, data, channel, zero = false) => {
  const [low, high] = extent(data.map((p) => p[channel]).filter((v) => v !== null && v !== undefined).map(Number));
  const ends = [zero ? Math.min(0, low) : low, zero ? Math.max(0, high) : high];
  if (ends[0] === ends[1]) ends[1] += 1;
  return table.types[channel] === 'time' ? ends.map((v) => new Date(v)) : ends;
};

const linear = (table, domain, extra = {}) => ({
  kind: domain[0] instanceof Date ? 'utc' : 'linear', domain, nice: true, ...extra,
});
const band = (table, data, channel, measure, kind = 'band') => ({ kind, domain: orderOf(table, data, channel, measure) });
// Text stands at points, numbers and dates along a line.
const along = (table, data, channel, measure) => (table.types[channel] === 'text'
  ? band(table, data, channel, measure, 'point') : linear(table, spanOf(table, data, channel)));

const fillOf = (table, palette, count) => (p) => {
  if (table.ramp) return palette.tint(table.range, p.color);
  return table.series ? palette.fill(p.series, count) : palette.color(0);
};
// Small marks on bare paper: the pale end of the ramp would be lost.
const strokeOf = (table, palette) => (p) => {
  if (table.ramp) return palette.tint(table.range, p.color, true);
  return palette.color(p.series ?? 0);
};

const bars = (table, lying) => {
  const [of, value] = lying ? ['y', 'x'] : ['x', 'y'];
  const data = gather(table.points, [of, 'series', 'facet'], value).sort(bySeries);
  const measured = linear(table, stackDomain(data, of, value), { zero: true });
  return { data, [of]: band(table, data, of, value), [value]: measured };
};

const builders = {
  barY: (table) => ({
    ...bars(table, false),
    build: (data, { palette, points, n }) => [
      Plot.barY(data, { x: 'x', y: 'y', z: 'series', fill: { value: fillOf(table, palette, n), scale: null }, inset: 0.5, render: noting('barY', data, points) }),
      Plot.ruleY([0], { stroke: palette.muted })],
  }),
  barX: (table) => ({
    ...bars(table, true),
    build: (data, { palette, points, n }) => [
      Plot.barX(data, { x: 'x', y: 'y', z: 'series', fill: { value: fillOf(table, palette, n), scale: null }, inset: 0.5, render: noting('barX', data, points) }),
      Plot.ruleX([0], { stroke: palette.muted })],
  }),
  waffleY: (table) => {
    const { data, x, y } = bars(table, false);
    const unit = unitOf(data, y.domain[1] - y.domain[0], x.domain.length);
    return {
      data, x, y, unit,
      build: (part, { palette, points, n }) => [
        Plot.waffleY(part, { x: 'x', y: 'y', z: 'series', unit, gap: 1.5, rx: 1, fill: { value: fillOf(table, palette, n), scale: null }, render: noting('waffle', part, points) }),
        Plot.ruleY([0], { stroke: palette.muted })],
    };
  },
  line: (table) => {
    const data = gather(table.points, ['x', 'series', 'facet'], 'y', true);
    const x = along(table, data, 'x', 'y');
    const rank = x.kind === 'point' ? new Map(x.domain.map((v, i) => [v, i])) : null;
    data.sort((a, b) => bySeries(a, b) || (rank ? rank.get(a.x) - rank.get(b.x) : a.x - b.x));
    return { data, x, y: linear(table, spanOf(table, data, 'y')), build: (part, tools) => lines(table, part, tools) };
  },
  areaY: (table) => {
    const data = filled(table, gather(table.points, ['x', 'series', 'facet'], 'y')).sort((a, b) => bySeries(a, b) || a.x - b.x);
    return {
      data, x: linear(table, spanOf(table, data, 'x'), { nice: false }), y: linear(table, stackDomain(data, 'x', 'y'), { zero: true }),
      build: (part, { palette, points, n }) => [
        Plot.areaY(part, { x: 'x', y: 'y', z: 'series', fill: { value: fillOf(table, palette, n), scale: null }, fillOpacity: 0.9, stroke: palette.paper, strokeWidth: 0.75, render: noting('area', part, points) }),
        Plot.ruleY([0], { stroke: palette.muted })],
    };
  },
  dot: (table) => {
    const data = table.points.filter((p) => p.x !== null && p.y !== null);
    return { data, x: along(table, data, 'x', 'y'), y: along(table, data, 'y', 'x'), sized: Boolean(table.types.size), build: (part, tools) => dots(table, part, tools) };
  },
  rect: (table) => {
    if (table.types.y) {
      const data = bin2(table);
      colourByCount(table, data);
      return {
        data, x: linear(table, spanOfBins(data, 'x'), { nice: false }), y: linear(table, spanOfBins(data, 'y'), { nice: false }),
        build: (part, { palette, points }) => [Plot.rect(part, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', inset: 0.5, fill: { value: fillOf(table, palette, 1), scale: null }, render: noting('rect', part, points) })],
      };
    }
    const data = bin(table).sort(bySeries);
    return {
      data, x: linear(table, spanOfBins(data, 'x'), { nice: false }), y: linear(table, stackDomain(data, 'x1', 'n'), { zero: true }), counted: true,
      build: (part, { palette, points, n }) => [
        Plot.rectY(part, { x1: 'x1', x2: 'x2', y: 'n', z: 'series', insetLeft: 0.5, insetRight: 0.5, fill: { value: fillOf(table, palette, n), scale: null }, render: noting('rect', part, points) }),
        Plot.ruleY([0], { stroke: palette.muted })],
    };
  },
  cell: (table) => {
    const measure = table.types.color && table.ramp ? 'color' : 'n';
    const data = gather(table.points, ['x', 'y', 'facet', ...(table.series ? ['series'] : [])], measure, measure === 'color');
    if (!table.series && !table.types.color) colourByCount(table, data);
    return {
      data, x: { ...band(table, data, 'x', measure), padding: 0.04 }, y: { ...band(table, data, 'y', measure), padding: 0.04, reverse: table.types.y !== 'text' },
      build: (part, { palette, points, n }) => [Plot.cell(part, { x: 'x', y: 'y', inset: 0.5, fill: { value: fillOf(table, palette, n), scale: null }, render: noting('cell', part, points) })],
    };
  },
  tickX: (table) => {
    const data = table.points.filter((p) => p.x !== null);
    const y = table.types.y ? band(table, data, 'y', 'x') : null;
    data.sort((a, b) => a.x - b.x);
    return {
      data, x: linear(table, spanOf(table, data, 'x')), y,
      build: (part, { palette, points }) => [Plot.tickX(part, { x: 'x', ...(y ? { y: 'y' } : {}), stroke: { value: strokeOf(table, palette), scale: null }, strokeOpacity: part.length > MANY ? 0.45 : 0.8, strokeWidth: 1.5, render: noting('tick', part, points) })],
    };
  },
  ruleY: (table) => {
    const data = gather(table.points, ['y', 'series', 'facet'], 'x');
    const x = table.types.x ? linear(table, spanOf(table, data, 'x', true), { zero: true }) : null;
    const y = table.types.y === 'text' || table.types.y === 'year' ? { ...band(table, data, 'y', 'x', 'point'), padding: 0.6 } : linear(table, spanOf(table, data, 'y'));
    return { data, x, y, build: (part, tools) => rules(table, part, tools, Boolean(x)) };
  },
  box: (table) => {
    const data = boxes(table);
    const { value, category } = table;
    const of = table.types[category] ? { ...band(table, data, category, 'median'), padding: 0.3 } : null;
    const ends = extent(data.flatMap((b) => [b.low, b.high, ...b.outliers]));
    return { data, [value]: linear(table, ends[0] === ends[1] ? [ends[0], ends[0] + 1] : ends), [category]: of, build: (part, tools) => boxMarks(table, part, tools) };
  },
  geo: (table) => {
    const data = table.points.filter((p) => p.x !== null && p.y !== null);
    return { data, geo: true, sized: Boolean(table.types.size), build: (part, tools) => [Plot.graticule({ stroke: tools.palette.line, strokeOpacity: 1 }), Plot.geo(tools.land, { fill: tools.palette.land }), Plot.sphere({ stroke: tools.palette.muted }), ...dots(table, part, tools)] };
  },
};
// What a mark is drawn from: {data, x, y: axes, build(points of a panel, tools) -> Plot's marks}. table.range: of the ramp.
export const buildMark = (table) => {
  const built = builders[table.spec.mark](table);
  if (table.ramp) table.range = extent(built.data.map((p) => p.color).filter((v) => v !== null && v !== undefined));
  return built;
};

// Places and intervals that nobody gave a colour are coloured by how many rows they hold.
const colourByCount = (table, data) => {
  for (const p of data) p.color = p.n;
  table.ramp = true;
  table.titles.color = 'rows';
};

const spanOfBins = (data, axis) => {
  const ends = extent(data.flatMap((p) => [+p[`${axis}1`], +p[`${axis}2`]]));
  return data[0]?.[`${axis}1`] instanceof Date ? ends.map((v) => new Date(v)) : ends;
};

// How much one square of a waffle is worth: a round number, so that the tallest column has at most a hundred.
const unitOf = (data, tallest) => {
  const raw = tallest / 100;
  const power = 10 ** Math.floor(Math.log10(raw));
  const nice = [1, 2, 5, 10].find((f) => f * power >= raw) * power;
  return data.every((p) => Number.isInteger(p.y)) ? Math.max(1, nice) : nice;
};

// A stack needs every group at every place: what is not there counts as nothing.
const filled = (table, data) => {
  if (!table.series || table.series.length < 2) return data;
  const have = new Set(data.map((p) => JSON.stringify([p.x, p.series, p.facet ?? null])));
  const xs = new Map(data.map((p) => [Number(p.x), p.x]));
  const more = [];
  for (const facet of table.facets.length ? table.facets : [undefined])
    for (const x of xs.values())
      table.series.forEach((color, series) => {
        if (!have.has(JSON.stringify([x, series, facet ?? null]))) more.push({ x, y: 0, color, series, facet, made: true });
      });
  return [...data, ...more];
};

const lines = (table, data, { palette, points }) => {
  const marks = [];
  const stroke = table.ramp ? palette.color(0) : null;
  for (const k of table.series ? table.series.keys() : [0]) {
    const part = table.series ? data.filter((p) => p.series === k) : data;
    const dense = part.length > DENSE; // dashes would be lost between so many points
    const dash = table.series?.length > 1 && !dense ? DASHES[k] : null;
    marks.push(Plot.lineY(part, { x: 'x', y: 'y', stroke: stroke ?? palette.color(k), strokeWidth: dense ? 1.25 : 2, ...(dash ? { strokeDasharray: dash } : {}), render: noting('dot', part, points) }));
    if (part.length <= 40) marks.push(Plot.dot(part, { x: 'x', y: 'y', r: 2.5, symbol: SYMBOLS[k], fill: stroke ?? palette.color(k), stroke: palette.paper, strokeWidth: 0.5 }));
  }
  return marks;
};

// The points of each group apart, with the group's shape.
const byShape = (table, data, make) => {
  const groups = table.series ? table.series.map((_, k) => [k, data.filter((p) => p.series === k)]) : [[0, data]];
  return groups.map(([k, part]) => make(part, SYMBOLS[k]));
};

const dots = (table, data, { palette, points }) => byShape(table, data, (part, symbol) => Plot.dot(part, {
  x: 'x', y: 'y', r: table.types.size ? 'size' : 3.5, stroke: palette.paper, strokeWidth: 0.6, symbol,
  fill: { value: strokeOf(table, palette), scale: null }, fillOpacity: data.length > MANY ? 0.7 : 0.9,
  render: noting('dot', part, points),
}));

const rules = (table, data, { palette, points }, measured) => [
  Plot.ruleY(data, { ...(measured ? { x1: 0, x2: 'x' } : {}), y: 'y', stroke: { value: strokeOf(table, palette), scale: null }, strokeWidth: 1.5, render: noting('rule', data, points) }),
  ...(measured ? [
    ...byShape(table, data, (part, symbol) => Plot.dot(part, { x: 'x', y: 'y', r: 4.5, symbol, fill: { value: strokeOf(table, palette), scale: null } })),
    Plot.ruleX([0], { stroke: palette.muted })] : []),
];

// Whiskers, box, median, and what lies outside.
const boxMarks = (table, data, { palette, points }) => {
  const upright = table.value === 'y';
  const at = (options) => {
    const { lo, hi, v, ...rest } = options;
    const axis = upright ? 'y' : 'x';
    return {
      ...(table.types[table.category] ? { [table.category]: table.category } : {}),
      ...(lo ? { [`${axis}1`]: lo, [`${axis}2`]: hi } : { [axis]: v }), ...rest,
    };
  };
  const outside = data.flatMap((b) => b.outliers.map((v) => ({ ...b, v })));
  const rule = upright ? Plot.ruleX : Plot.ruleY;
  const tick = upright ? Plot.tickY : Plot.tickX;
  const bar = upright ? Plot.barY : Plot.barX;
  const fill = { value: (p) => palette.color(p.series ?? 0), scale: null };
  return [
    rule(data, at({ lo: 'low', hi: 'high', stroke: palette.ink })),
    bar(data, at({ lo: 'q1', hi: 'q3', fill, fillOpacity: 0.55, stroke: palette.ink, strokeWidth: 1, render: noting(upright ? 'barY' : 'barX', data, points) })),
    tick(data, at({ v: 'median', stroke: palette.ink, strokeWidth: 2.5 })),
    Plot.dot(outside, at({ v: 'v', r: 2, fill: 'none', stroke: palette.ink, strokeOpacity: 0.7 })),
  ];
};
