// charts: finds the charts of a page, also those that come later, and loads what draws them once one is near the window.
//
// The page stands without this file: a chart is then its summary and its rows.

const drawn = new WeakSet();

const draw = (figure) => {
  import(`./chart.js${new URL(import.meta.url).search}`)
    .then((chart) => chart.mount(figure))
    .catch((e) => {
      figure.querySelector('.chart-data').open = true; // what can't be drawn is still there to read
      figure.classList.remove('is-live');
      reportError(e);
    });
};

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    draw(target);
  }
}, { rootMargin: '300px' });

const find = () => {
  for (const figure of document.querySelectorAll('figure.chart[data-chart]')) {
    if (drawn.has(figure)) continue;
    drawn.add(figure);
    figure.classList.add('is-live');
    figure.querySelector('.chart-data').open = false;
    near.observe(figure);
  }
};

find();
new MutationObserver(find).observe(document.querySelector('main'), { childList: true, subtree: true });
