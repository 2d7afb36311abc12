// chart: one chart on a page: drawing, redrawing when the window or the theme changes, its points, downloads, its form.
// Bundled by esbuild with Observable Plot; loaded by charts.js.
//
// Our Content-Security-Policy refuses <style> elements and style attributes in markup: Plot's rules are in lyceum.css, and
// all that is placed is placed through the style object.
import { tableOf } from './chart/data.js';
import { drawPanels } from './chart/draw.js';
import { addDownloads } from './chart/download.js';
import { addEditor, describe } from './chart/edit.js';
import { Points } from './chart/points.js';

const LEAST = 160; // pixels across, below which nothing can be read

class Chart {
  constructor(figure) {
    const { spec, columns, rows, marks } = JSON.parse(figure.dataset.chart);
    this.figure = figure;
    this.place = figure.querySelector('.chart-place');
    this.spec = spec;
    this.columns = columns;
    this.rows = rows;
    this.marks = new Map(marks.map((m) => [m.name, m]));
    this.width = 0;
  }

  get title() {
    return this.figure.querySelector('.chart-title').textContent;
  }

  get subtitle() {
    return this.figure.querySelector('.chart-subtitle')?.textContent ?? '';
  }

  // A figure that is not on the page any more, or not shown yet, has no width: it is drawn when it gets one.
  async draw() {
    this.width = this.place.clientWidth;
    if (this.width < LEAST) return;
    const table = tableOf(this.spec, this.columns, this.rows);
    const drawing = await drawPanels(table, this.place, this.marks.get(this.spec.mark));
    for (const svg of drawing.svgs) this.label(svg);
    if (drawing.legend) drawing.legend.setAttribute('aria-hidden', 'true'); // the points and the table say it in words
    this.place.replaceChildren(...(drawing.legend ? [drawing.legend] : []), drawing.stage);
    this.drawing = drawing;
    this.points = new Points(drawing, this.title);
    this.figure.dataset.drawn = '1';
  }

  label(svg) {
    const { id } = this.figure;
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-labelledby', `${id}-title`);
    svg.setAttribute('aria-describedby', `${id}-summary`);
  }

  // After an edit the server's words are no longer of this chart.
  async change(spec) {
    this.spec = spec;
    await this.draw();
    this.figure.querySelector('.chart-summary').textContent = describe(this);
  }

  redraw() {
    this.draw().catch(() => {});
  }

  watch() {
    let waiting = 0;
    new ResizeObserver(() => {
      if (Math.abs(this.place.clientWidth - this.width) < 2) return;
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => this.redraw());
    }).observe(this.place);
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
  }
}

export const mount = async (figure) => {
  const chart = new Chart(figure);
  await chart.draw();
  addDownloads(chart);
  addEditor(chart);
  chart.watch();
};
