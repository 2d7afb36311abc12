// points: the way over a chart's points with keyboard, pointer and screen reader. To a reader the stage is a slider whose
// value is the point's words; arrows move along, up and down change the group.

const NEAR = 40; // pixels

export class Points {
  constructor(drawing, title) {
    this.drawing = drawing;
    this.table = drawing.table;
    this.all = this.ordered(drawing.points);
    this.at = -1;
    this.stage = drawing.stage;
    this.cursor = document.createElement('div');
    this.cursor.className = 'chart-cursor';
    this.cursor.tabIndex = 0;
    this.ring = document.createElement('div');
    this.ring.className = 'chart-ring';
    this.ring.hidden = true;
    this.tip = document.createElement('div');
    this.tip.className = 'chart-tip';
    this.tip.hidden = true;
    this.tip.setAttribute('aria-hidden', 'true'); // the slider's value says the same
    if (this.all.length === 0) return;
    this.name(title);
    this.stage.append(this.ring, this.tip, this.cursor);
    this.listen();
  }

  // Panel by panel, group by group, along the axis.
  ordered(points) {
    const lying = this.table.category === 'y' && !['dot', 'geo', 'rect', 'cell'].includes(this.table.spec.mark);
    return [...points].sort((a, b) => a.panel - b.panel || (a.datum.series ?? 0) - (b.datum.series ?? 0) || (lying ? a.y - b.y : a.x - b.x) || a.y - b.y);
  }

  name(title) {
    const set = (key, value) => this.cursor.setAttribute(key, value);
    set('role', 'slider');
    set('aria-label', `Points of ${title}`);
    set('aria-valuemin', '1');
    set('aria-valuemax', String(this.all.length));
    set('aria-valuenow', '1');
    set('aria-valuetext', this.words(this.all[0]));
    set('data-testid', 'chart-points');
  }

  words(point) {
    return this.drawing.tip(point.datum).map(([name, value]) => `${name}: ${value}`).join(', ');
  }

  // A point's box in the stage.
  boxOf(point) {
    const panel = this.drawing.svgs[point.panel].getBoundingClientRect();
    const stage = this.stage.getBoundingClientRect();
    const w = point.w ?? 0;
    const h = point.h ?? 0;
    return { x: panel.left - stage.left + point.x, y: panel.top - stage.top + point.y, w, h };
  }

  show(index) {
    if (index < 0 || index >= this.all.length) return;
    this.at = index;
    const point = this.all[index];
    const box = this.boxOf(point);
    this.cursor.setAttribute('aria-valuenow', String(index + 1));
    this.cursor.setAttribute('aria-valuetext', this.words(point));
    this.fill(point);
    this.put(box);
  }

  fill(point) {
    this.tip.replaceChildren(...this.drawing.tip(point.datum).map(([name, value]) => {
      const line = document.createElement('div');
      const strong = document.createElement('strong');
      strong.textContent = value;
      line.append(`${name} `, strong);
      return line;
    }));
  }

  put(box) {
    const [r, t] = [this.ring, this.tip];
    const round = box.w < 1 && box.h < 1;
    r.hidden = t.hidden = false;
    r.classList.toggle('is-round', round);
    const grow = round ? 9 : 2;
    Object.assign(r.style, { left: `${box.x - grow}px`, top: `${box.y - grow}px`, width: `${box.w + 2 * grow}px`, height: `${box.h + 2 * grow}px` });
    const wide = this.stage.clientWidth;
    const left = Math.max(0, Math.min(wide - t.offsetWidth, box.x + box.w / 2 - t.offsetWidth / 2));
    const above = box.y - t.offsetHeight - 12;
    Object.assign(t.style, { left: `${left}px`, top: `${above >= -30 ? above : box.y + box.h + 14}px` });
  }

  hide() {
    this.ring.hidden = this.tip.hidden = true;
  }

  // The same place in the next or the previous group.
  sideways(step) {
    const here = this.all[this.at];
    const groups = [...new Set(this.all.filter((p) => p.panel === here.panel).map((p) => p.datum.series ?? 0))];
    const want = groups[groups.indexOf(here.datum.series ?? 0) + step];
    if (want === undefined) return groups.length > 1 ? this.at : this.at - step;
    let best = this.at;
    let least = Infinity;
    this.all.forEach((p, i) => {
      const far = Math.hypot(p.x - here.x, 0) + Math.abs(p.y - here.y) / 1000;
      if (p.panel === here.panel && (p.datum.series ?? 0) === want && far < least) [best, least] = [i, far];
    });
    return best;
  }

  keys(e) {
    const last = this.all.length - 1;
    const at = Math.max(0, this.at);
    const to = {
      ArrowRight: () => (this.at < 0 ? 0 : at + 1), ArrowLeft: () => at - 1, ArrowUp: () => this.sideways(-1), ArrowDown: () => this.sideways(1),
      Home: () => 0, End: () => last, PageDown: () => at + 10, PageUp: () => at - 10,
    }[e.key];
    if (e.key === 'Escape') this.hide();
    if (!to) return;
    e.preventDefault();
    if (this.at < 0) this.at = 0;
    this.show(Math.max(0, Math.min(last, to())));
  }

  nearest(e) {
    const stage = this.stage.getBoundingClientRect();
    const [x, y] = [e.clientX - stage.left, e.clientY - stage.top];
    let best = -1;
    let least = NEAR;
    this.all.forEach((p, i) => {
      const b = this.boxOf(p);
      const far = Math.hypot(Math.max(b.x - x, 0, x - b.x - b.w), Math.max(b.y - y, 0, y - b.y - b.h));
      if (far < least) [best, least] = [i, far];
    });
    return best;
  }

  listen() {
    const c = this.cursor;
    c.addEventListener('keydown', (e) => this.keys(e));
    c.addEventListener('focus', () => { if (c.matches(':focus-visible')) this.show(Math.max(0, this.at)); });
    c.addEventListener('blur', () => this.hide());
    const point = (e) => {
      const i = this.nearest(e);
      if (i >= 0) this.show(i);
      else this.hide();
    };
    c.addEventListener('pointermove', point);
    c.addEventListener('pointerdown', point);
    c.addEventListener('pointerleave', () => { if (!c.matches(':focus-visible')) this.hide(); });
  }
}
