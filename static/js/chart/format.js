// format: numbers and dates as people read them, and how wide words are.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const number = (v) => (v !== 0 && Math.abs(v) < 1 ? small : whole).format(v);
export const compact = (v) => (Math.abs(v) >= 10000 ? short.format(v) : number(v));

export const date = (d) => {
  const iso = d.toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso.slice(0, 16).replace('T', ' ');
};

export const exact = (v, type) => {
  if (v === null || v === undefined) return 'no value';
  if (v instanceof Date) return date(v);
  if (typeof v === 'string') return v;
  return type === 'year' ? String(Math.round(v * 100) / 100) : number(v);
};

export const FONT = '12px system-ui, sans-serif';
const pen = document.createElement('canvas').getContext('2d');
export const widthOf = (text, font = FONT) => {
  pen.font = font;
  return pen.measureText(text).width;
};

export const cut = (text, most) => {
  if (widthOf(text) <= most) return text;
  let n = text.length - 1;
  while (n > 1 && widthOf(`${text.slice(0, n)}…`) > most) n -= 1;
  return `${text.slice(0, n).trimEnd()}…`;
};
