// edit: another kind of chart, other axes, another colour: drawn again here, without asking anybody.
import { number } from './format.js';

const CHANNELS = [['x', 'Across (x)'], ['y', 'Up (y)'], ['color', 'Colour'], ['facet', 'A panel for each'], ['size', 'Size']];
const ORDERS = [['', 'by itself'], ['data', 'as the rows come'], ['-value', 'largest first'], ['value', 'smallest first'], ['name', 'by name']];
const HOLDS = { text: 'texts', number: 'numbers', year: 'years', time: 'dates' };

const select = (id, label, options, chosen, onChange) => {
  const field = document.createElement('div');
  field.className = 'field';
  const name = document.createElement('label');
  name.htmlFor = id;
  name.textContent = label;
  const box = document.createElement('select');
  box.id = id;
  for (const [value, text] of options) box.add(new Option(text, value, false, value === (chosen ?? '')));
  box.addEventListener('change', () => onChange(box.value));
  field.append(name, box);
  return field;
};

// Why a spec can't be drawn from these columns, or null.
const problemOf = (chart, spec) => {
  const mark = chart.marks.get(spec.mark);
  const typeOf = (c) => chart.columns.find((column) => column.name === spec[c])?.type;
  for (const [c] of CHANNELS) {
    const allowed = mark.needs[c];
    const holds = allowed.map((t) => HOLDS[t]).join(' or ');
    if (mark.must.includes(c) && !spec[c]) return `${mark.one} needs ${c}, a column of ${holds}.`;
    if (spec[c] && !allowed.includes(typeOf(c))) return `${mark.one} needs ${holds} as ${c}.`;
  }
  if (spec.mark === 'box' && ![typeOf('x'), typeOf('y')].includes('number')) return 'A box plot needs numbers as x or as y.';
  if (spec.facet) {
    const at = chart.columns.findIndex((c) => c.name === spec.facet);
    if (new Set(chart.rows.map((row) => row[at])).size > 12) return `${spec.facet} has more values than there can be panels: 12.`;
  }
  if (spec.mark === 'geo') {
    const [x, y] = ['x', 'y'].map((c) => chart.columns.findIndex((column) => column.name === spec[c]));
    if (chart.rows.some((row) => Math.abs(row[x]) > 180 || Math.abs(row[y]) > 90)) return 'On a map x is a longitude and y a latitude, in degrees.';
  }
  return null;
};

// A title belongs to its column; what the mark does not take goes.
const changed = (chart, old, key, value) => {
  const spec = { ...old };
  if (value) spec[key] = value;
  else delete spec[key];
  delete spec[`${key}_title`];
  if (key === 'x' || key === 'y') delete spec.units;
  for (const [c] of CHANNELS) if (chart.marks.get(spec.mark).needs[c].length === 0) delete spec[c];
  if (spec.mark !== 'rect') delete spec.bins;
  return spec;
};

// A chart that lies has its numbers across: changing to it turns the axes.
const turned = (chart, spec, mark) => {
  const type = (c) => chart.columns.find((column) => column.name === spec[c])?.type;
  const bad = (c) => spec[c] && chart.marks.get(mark).needs[c].length > 0 && !chart.marks.get(mark).needs[c].includes(type(c));
  return bad('x') || bad('y') ? { ...spec, x: spec.y, y: spec.x, x_title: spec.y_title, y_title: spec.x_title } : spec;
};

export const describe = ({ spec, drawing, marks }) => {
  const { titles, points, value, category } = drawing.table;
  const of = category in drawing.table.types && spec[category] ? ` by ${titles[category]}` : '';
  const numbers = points.map((p) => p[value]).filter((v) => typeof v === 'number');
  const range = numbers.length ? `, ${titles[value]} from ${number(Math.min(...numbers))} to ${number(Math.max(...numbers))}` : '';
  return `${marks.get(spec.mark).one} of ${titles[value]}${of}: ${points.length} rows${range}. Changed on this page.`;
};

export const addEditor = (chart) => {
  const details = document.createElement('details');
  details.className = 'chart-edit';
  details.dataset.testid = 'chart-edit';
  const summary = document.createElement('summary');
  summary.textContent = 'Edit';
  const fields = document.createElement('div');
  fields.className = 'row-of-fields';
  const problem = document.createElement('p');
  problem.className = 'note error';
  problem.setAttribute('role', 'status');
  problem.hidden = true;
  details.append(summary, fields, problem);
  const first = chart.spec;
  let wish = chart.spec;

  const columns = [['', 'nothing'], ...chart.columns.map((c) => [c.name, c.name])];
  const apply = (spec, focus) => {
    wish = spec;
    const wrong = problemOf(chart, spec);
    problem.hidden = !wrong;
    problem.textContent = wrong ?? '';
    fill();
    if (focus) document.getElementById(focus)?.focus();
    if (!wrong) chart.change(spec).catch(() => { problem.hidden = false; problem.textContent = 'This can’t be drawn from these rows.'; });
  };
  const fill = () => {
    const id = (key) => `${chart.figure.id}-edit-${key}`;
    const mark = chart.marks.get(wish.mark);
    const set = (key) => (value) => apply(changed(chart, wish, key, value), id(key));
    const reset = document.createElement('button');
    reset.type = 'button';
    reset.textContent = 'As it was';
    reset.disabled = wish === first;
    reset.addEventListener('click', () => apply(first, id('mark')));
    const actions = document.createElement('div');
    actions.className = 'actions';
    actions.append(reset);
    fields.replaceChildren(
      select(id('mark'), 'Kind of chart', [...chart.marks.values()].map((m) => [m.name, m.words]), wish.mark, (value) => apply(changed(chart, turned(chart, wish, value), 'mark', value), id('mark'))),
      ...CHANNELS.filter(([c]) => mark.needs[c].length > 0).map(([c, label]) => select(id(c), label, columns, wish[c], set(c))),
      select(id('sort'), 'Order', ORDERS, wish.sort, set('sort')),
      actions,
    );
  };
  fill();
  chart.figure.querySelector('.chart-foot').after(details);
};
