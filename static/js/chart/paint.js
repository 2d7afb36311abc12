// paint: an SVG that is on the page onto a canvas, shape by shape: what Plot draws, and no more.

const SHAPES = {
  rect: (e, n) => {
    const p = new Path2D();
    if (p.roundRect && n('rx')) p.roundRect(n('x'), n('y'), n('width'), n('height'), n('rx'));
    else p.rect(n('x'), n('y'), n('width'), n('height'));
    return p;
  },
  circle: (e, n) => {
    const p = new Path2D();
    p.arc(n('cx'), n('cy'), n('r'), 0, 2 * Math.PI);
    return p;
  },
  line: (e, n) => {
    const p = new Path2D();
    p.moveTo(n('x1'), n('y1'));
    p.lineTo(n('x2'), n('y2'));
    return p;
  },
  path: (e) => new Path2D(e.getAttribute('d') ?? ''),
};

// A pattern as a small canvas that repeats; its shapes may be filled with patterns themselves.
const tile = (pen, svg, id, scale) => {
  const pattern = svg.querySelector(`#${CSS.escape(id)}`);
  if (!pattern) return 'transparent';
  const [w, h] = ['width', 'height'].map((a) => Number(pattern.getAttribute(a)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(w * scale));
  canvas.height = Math.max(1, Math.round(h * scale));
  const small = canvas.getContext('2d');
  small.scale(canvas.width / w, canvas.height / h);
  for (const child of pattern.children) shape(small, svg, child, scale);
  const made = pen.createPattern(canvas, 'repeat');
  made.setTransform(new DOMMatrix().scale(w / canvas.width, h / canvas.height));
  return made;
};

const ink = (pen, svg, value, scale) => {
  const id = /^url\(["']?#([^"')]+)/.exec(value)?.[1];
  return id ? tile(pen, svg, id, scale) : value;
};

const shape = (pen, svg, e, scale) => {
  const n = (a) => Number(e.getAttribute(a) ?? 0);
  const path = SHAPES[e.localName](e, n);
  const style = getComputedStyle(e);
  const alpha = Number(style.opacity);
  if (style.fill !== 'none') {
    pen.globalAlpha = alpha * Number(style.fillOpacity);
    pen.fillStyle = ink(pen, svg, style.fill, scale);
    pen.fill(path, style.fillRule);
  }
  if (style.stroke !== 'none') {
    pen.globalAlpha = alpha * Number(style.strokeOpacity);
    pen.strokeStyle = ink(pen, svg, style.stroke, scale);
    pen.lineWidth = parseFloat(style.strokeWidth);
    pen.lineJoin = style.strokeLinejoin;
    pen.lineCap = style.strokeLinecap;
    pen.setLineDash(style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
    pen.stroke(path);
  }
  pen.globalAlpha = 1;
};

const words = (pen, e) => {
  const spans = e.querySelector('tspan') ? [...e.querySelectorAll('tspan')] : [e];
  for (const span of spans) {
    if (!span.textContent.trim()) continue;
    const style = getComputedStyle(span);
    const start = span.getStartPositionOfChar(0);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    pen.fillStyle = style.fill;
    pen.fillText(span.textContent, start.x, start.y);
  }
};

// x, y: where the picture's corner goes.
export const paint = (pen, svg, x, y, scale) => {
  const base = svg.getScreenCTM().inverse();
  for (const e of svg.querySelectorAll('rect, circle, line, path, text')) {
    if (e.closest('defs, pattern, clipPath')) continue;
    const m = base.multiply(e.getScreenCTM());
    pen.save();
    pen.translate(x, y);
    pen.transform(m.a, m.b, m.c, m.d, m.e, m.f);
    if (e.localName === 'text') words(pen, e);
    else shape(pen, svg, e, scale);
    pen.restore();
  }
};
