// download: PNG, SVG and CSV, made here from what is on the page: nothing is sent anywhere.
import { paint } from './paint.js';

const SVG = 'http://www.w3.org/2000/svg';
const PAD = 16;
const SCALE = 2;

const save = (blob, name) => {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
};

const nameOf = (chart, ending) => `${chart.title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60) || 'chart'}.${ending}`;

// A cell that a spreadsheet would take for a formula stays text.
const field = (v) => {
  if (v === null) return '';
  const text = typeof v === 'string' && /^[=+\-@\t\r]/.test(v) ? `'${v}` : String(v);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
};
export const csvOf = (chart) => [chart.columns.map((c) => c.name), ...chart.rows].map((row) => row.map(field).join(',')).join('\r\n').concat('\r\n');

const text = (words, x, y, size, color, weight) => {
  const node = document.createElementNS(SVG, 'text');
  for (const [k, v] of Object.entries({ x, y, 'font-size': size, fill: color, 'font-weight': weight, 'font-family': 'system-ui, sans-serif' })) node.setAttribute(k, v);
  node.textContent = words;
  return node;
};

// Title, legend and panels as they stand on the page, in one picture.
const layout = (chart) => {
  const { drawing } = chart;
  const { palette } = drawing;
  const stage = drawing.stage.getBoundingClientRect();
  const lines = [text(chart.title, PAD, PAD + 14, 16, palette.ink, 600)];
  let top = PAD + 26;
  if (chart.subtitle) {
    lines.push(text(chart.subtitle, PAD, top + 10, 13, palette.muted, 400));
    top += 22;
  }
  const parts = [];
  if (drawing.legend) {
    parts.push({ svg: drawing.legend, x: PAD, y: top });
    top += Number(drawing.legend.getAttribute('height')) + 8;
  }
  for (const svg of drawing.svgs) {
    const box = svg.getBoundingClientRect();
    parts.push({ svg, x: PAD + box.left - stage.left, y: top + box.top - stage.top });
  }
  return { lines, parts, width: Math.ceil(stage.width + 2 * PAD), height: Math.ceil(top + stage.height + PAD), palette };
};

const svgText = (chart) => {
  const { lines, parts, width, height, palette } = layout(chart);
  const root = document.createElementNS(SVG, 'svg');
  for (const [k, v] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, color: palette.ink, fill: palette.ink })) root.setAttribute(k, v);
  const ground = document.createElementNS(SVG, 'rect');
  for (const [k, v] of Object.entries({ width, height, fill: palette.paper })) ground.setAttribute(k, v);
  const title = document.createElementNS(SVG, 'title');
  title.textContent = chart.title;
  const desc = document.createElementNS(SVG, 'desc');
  desc.textContent = chart.figure.querySelector('.chart-summary').textContent;
  root.append(title, desc, ground, ...lines);
  for (const { svg, x, y } of parts) {
    const copy = svg.cloneNode(true);
    for (const a of ['role', 'class', 'style', 'aria-labelledby', 'aria-describedby', 'aria-hidden']) copy.removeAttribute(a);
    copy.setAttribute('x', x);
    copy.setAttribute('y', y);
    copy.setAttribute('overflow', 'visible');
    copy.setAttribute('font-size', '12');
    copy.setAttribute('font-family', 'system-ui, sans-serif');
    root.append(copy);
  }
  return new XMLSerializer().serializeToString(root);
};

// Our policy lets no picture come from a blob, so the SVG is painted shape by shape.
const png = (chart) => {
  const { lines, parts, width, height, palette } = layout(chart);
  const canvas = document.createElement('canvas');
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const pen = canvas.getContext('2d');
  pen.scale(SCALE, SCALE);
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, width, height);
  for (const line of lines) {
    pen.font = `${line.getAttribute('font-weight')} ${line.getAttribute('font-size')}px system-ui, sans-serif`;
    pen.fillStyle = line.getAttribute('fill');
    pen.fillText(line.textContent, Number(line.getAttribute('x')), Number(line.getAttribute('y')));
  }
  for (const { svg, x, y } of parts) paint(pen, svg, x, y, SCALE);
  return new Promise((done) => { canvas.toBlob(done, 'image/png'); });
};

export const addDownloads = (chart) => {
  const foot = chart.figure.querySelector('.chart-foot');
  const kinds = {
    PNG: async () => save(await png(chart), nameOf(chart, 'png')),
    SVG: () => save(new Blob([svgText(chart)], { type: 'image/svg+xml' }), nameOf(chart, 'svg')),
    CSV: () => save(new Blob([csvOf(chart)], { type: 'text/csv' }), nameOf(chart, 'csv')),
  };
  const word = document.createElement('span');
  word.className = 'muted';
  word.textContent = 'Download';
  foot.append(word);
  for (const [kind, make] of Object.entries(kinds)) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.textContent = kind;
    button.setAttribute('aria-label', `Download as ${kind}`);
    button.addEventListener('click', make);
    foot.append(button);
  }
};
