// bins: intervals of histograms, quartiles of boxes.

const DAY = 86400000;
const MONTHS = [1, 3, 12, 60, 120];

const niceStep = (range, wanted) => {
  const raw = range / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].find((f) => f * power >= raw * 0.999) * power;
};

// Cuts of a range of numbers: round ones, as many as asked for or as suit.
const cutsOf = (values, wanted) => {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const whole = values.every(Number.isInteger);
  if (low === high) return { at: (v) => v - 0.5, next: (v) => v + 0.5 };
  let step = niceStep(high - low, wanted);
  if (whole && step < 1) step = 1;
  const digits = Math.max(0, -Math.floor(Math.log10(step)) + 2);
  const clean = (v) => Number(v.toFixed(Math.min(20, digits)));
  const top = Math.ceil(high / step - 1e-9);
  return {
    at: (v) => {
      const k = Math.floor(v / step + 1e-9);
      return clean((k === top && v === high && high / step === top ? k - 1 : k) * step);
    },
    next: (v) => clean(v + step),
  };
};

const dateCuts = (values, wanted) => {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const days = (high - low) / DAY;
  if (days <= wanted * 28) {
    const step = Math.max(1, Math.ceil(days / wanted)) * DAY;
    return { at: (v) => new Date(Math.floor(v / step) * step), next: (d) => new Date(+d + step) };
  }
  const months = MONTHS.find((m) => days / (m * 30.4) <= wanted) ?? Math.ceil(days / 3652.5 / wanted) * 120;
  const make = (k) => {
    const d = new Date(0);
    d.setUTCFullYear(Math.floor((k * months) / 12), (((k * months) % 12) + 12) % 12, 1);
    return d;
  };
  const index = (v) => {
    const d = new Date(v);
    return Math.floor((d.getUTCFullYear() * 12 + d.getUTCMonth()) / months);
  };
  return { at: (v) => make(index(v)), next: (d) => make(index(d) + 1) };
};

const cutter = (table, channel, wanted) => {
  const values = table.points.map((p) => p[channel]).filter((v) => v !== null).map(Number);
  return table.types[channel] === 'time' ? dateCuts(values, wanted) : cutsOf(values, wanted);
};

export const bin = (table) => {
  const n = table.points.length;
  const cuts = cutter(table, 'x', table.spec.bins ?? Math.min(30, Math.max(8, Math.round(Math.sqrt(n)))));
  const bins = new Map();
  for (const p of table.points) {
    if (p.x === null) continue;
    const x1 = cuts.at(+p.x);
    const key = JSON.stringify([+x1, p.series ?? 0, p.facet ?? null]);
    const b = bins.get(key) ?? { x1, x2: cuts.next(x1), n: 0, color: p.color, series: p.series, facet: p.facet };
    b.n += p.weight ?? 1;
    bins.set(key, b);
  }
  return [...bins.values()].sort((a, b) => a.x1 - b.x1);
};

export const bin2 = (table) => {
  const wanted = table.spec.bins ?? 20;
  const [cx, cy] = [cutter(table, 'x', wanted), cutter(table, 'y', wanted)];
  const bins = new Map();
  for (const p of table.points) {
    if (p.x === null || p.y === null) continue;
    const [x1, y1] = [cx.at(+p.x), cy.at(+p.y)];
    const key = JSON.stringify([+x1, +y1, p.facet ?? null]);
    const b = bins.get(key) ?? { x1, x2: cx.next(x1), y1, y2: cy.next(y1), n: 0, facet: p.facet };
    b.n += p.weight ?? 1;
    bins.set(key, b);
  }
  return [...bins.values()].sort((a, b) => a.y1 - b.y1 || a.x1 - b.x1);
};

const quantile = (sorted, q) => {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
};

export const boxes = (table) => {
  const groups = new Map();
  for (const p of table.points) {
    if (p[table.value] === null) continue;
    const key = JSON.stringify([p[table.category] ?? null, p.facet ?? null]);
    const g = groups.get(key) ?? { of: p, values: [] };
    g.values.push(p[table.value]);
    groups.set(key, g);
  }
  return [...groups.values()].map(({ of, values }) => {
    const s = values.sort((a, b) => a - b);
    const [q1, median, q3] = [0.25, 0.5, 0.75].map((q) => quantile(s, q));
    const reach = 1.5 * (q3 - q1);
    const inside = s.filter((v) => v >= q1 - reach && v <= q3 + reach);
    return {
      [table.category]: of[table.category], facet: of.facet, color: of.color, series: of.series, n: s.length,
      q1, median, q3, low: inside[0], high: inside.at(-1), least: s[0], most: s.at(-1),
      outliers: [...new Set(s.filter((v) => v < q1 - reach || v > q3 + reach))],
    };
  });
};
