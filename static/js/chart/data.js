// data: a block's rows as what is drawn: one object per point, with the words that tell it.
import { exact } from './format.js';

export const OTHER = 'Other';
const COLOURS = 8;
const CHANNELS = ['x', 'y', 'color', 'facet', 'size', 'weight'];

const convert = (value, type) => {
  if (value === null) return null;
  if (type === 'text') return String(value);
  if (type === 'time') return new Date(/\d{2}:/.test(value) ? `${value.replace(' ', 'T').replace(/Z$/, '')}Z` : value);
  return value;
};

// The axis that is measured; the other says of what.
const valueOf = (spec, types) => {
  if (spec.mark === 'box') return types.y === 'number' ? 'y' : 'x';
  return { barX: 'x', ruleY: 'x', tickX: 'x', rect: 'x', cell: 'color' }[spec.mark] ?? 'y';
};

const countBy = (points, key) => {
  const counts = new Map();
  for (const p of points) counts.set(p[key], (counts.get(p[key]) ?? 0) + (p.weight ?? 1));
  return counts;
};

// Names of the colours' groups, the commonest first when they are too many; years and dates in their order.
const seriesOf = (points, type) => {
  const counts = countBy(points, 'color');
  let names = [...counts.keys()].filter((n) => n !== null);
  if (type !== 'text') names.sort((a, b) => a - b);
  if (counts.has(null)) names.push(null); // told as "no value"
  if (names.length <= COLOURS) return names;
  names = names.sort((a, b) => counts.get(b) - counts.get(a)).slice(0, COLOURS - 1);
  return [...names, OTHER];
};

export const tableOf = (spec, columns, rows) => {
  const at = {};
  const types = {};
  const titles = {};
  for (const c of CHANNELS) {
    at[c] = columns.findIndex((column) => column.name === spec[c]);
    types[c] = at[c] >= 0 ? columns[at[c]].type : null;
    titles[c] = spec[`${c}_title`] || (at[c] >= 0 ? spec[c] : 'rows');
  }
  const points = rows.map((row) => {
    const p = {};
    for (const c of CHANNELS) if (at[c] >= 0) p[c] = convert(row[at[c]], types[c]);
    return p;
  });
  const value = valueOf(spec, types);
  const table = { spec, types, titles, points, value, category: value === 'x' ? 'y' : 'x', units: spec.units ?? '' };
  table.ramp = types.color === 'number';
  if (at.color >= 0 && !table.ramp) {
    table.series = seriesOf(points, types.color);
    const index = new Map(table.series.map((n, i) => [n, i]));
    for (const p of points) p.series = index.get(p.color) ?? table.series.length - 1;
  }
  table.facets = at.facet >= 0 ? [...new Set(points.map((p) => p.facet))] : [];
  if (types.facet && types.facet !== 'text') table.facets.sort((a, b) => a - b);
  return table;
};

// "1,200 USD": a channel's value in words.
export const tell = (table, channel, value) => {
  const text = exact(value, table.types[channel] ?? 'number');
  return table.units && channel === table.value && table.types[channel] !== 'text' ? `${text} ${table.units}` : text;
};

export const seriesName = (table, k) => exact(table.series[k], table.series[k] === OTHER ? 'text' : table.types.color);

// Sums rows that share the given keys: a bar stands for all of its rows. Mean: of the measured key instead.
export const gather = (points, keys, measure, mean = false) => {
  const groups = new Map();
  for (const p of points) {
    const key = JSON.stringify(keys.map((k) => p[k] ?? null));
    const group = groups.get(key) ?? { ...p, sum: 0, n: 0 };
    const v = measure in p ? p[measure] : p.weight ?? 1;
    if (v !== null) {
      group.sum += v;
      group.n += 1;
    }
    groups.set(key, group);
  }
  return [...groups.values()].filter((g) => g.n > 0 || !(measure in g)).map((g) => ({ ...g, [measure]: mean ? g.sum / g.n : g.sum }));
};

// The order of a band axis.
export const orderOf = (table, points, channel, measure) => {
  const { sort } = table.spec;
  const totals = new Map();
  for (const p of points) {
    const key = p[channel] instanceof Date ? p[channel].getTime() : p[channel];
    if (!totals.has(key)) totals.set(key, { name: p[channel], sum: 0 });
    totals.get(key).sum += typeof p[measure] === 'number' ? p[measure] : 0;
  }
  const all = [...totals.values()];
  const byName = (a, b) => (typeof a.name === 'string' ? String(a.name).localeCompare(String(b.name)) : a.name - b.name);
  if (sort === 'value') all.sort((a, b) => a.sum - b.sum);
  else if (sort === '-value') all.sort((a, b) => b.sum - a.sum);
  else if (sort === 'name' || (!sort && table.types[channel] !== 'text')) all.sort(byName);
  else if (sort === '-name') all.sort((a, b) => byName(b, a));
  return all.map((a) => a.name);
};
