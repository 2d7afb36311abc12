// charts: each mark in light and dark at two widths, the way over points by keyboard, downloads, editing, no scripts.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BUILD, Deployment, Suite, equal, must } from '../support/deployment.mjs';
import { SHOTS, axe, launch, open, overflow, shot } from '../support/browser.mjs';
import { scriptModel } from '../support/model.mjs';

const RATED = "mpaa_rating in ('G', 'PG', 'PG-13', 'R')";
const charts = {
  barY: ['movies', `select mpaa_rating, creative_type, count(*) as films from movies where ${RATED} and creative_type is not null group by 1, 2`, { mark: 'barY', x: 'mpaa_rating', y: 'films', color: 'creative_type' }],
  barX: ['movies', 'select major_genre, avg(worldwide_gross) as gross from movies where major_genre is not null group by 1', { mark: 'barX', x: 'gross', y: 'major_genre', sort: '-value' }],
  line: ['gapminder', "select year, country, life_expectancy from development where country in ('India', 'China', 'Brazil', 'Rwanda', 'Japan')", { mark: 'line', x: 'year', y: 'life_expectancy', color: 'country' }],
  dates: ['weather', 'select date, location, temp_max from daily_weather', { mark: 'line', x: 'date', y: 'temp_max', color: 'location' }],
  dot: ['cars', 'select horsepower, miles_per_gallon, origin from cars', { mark: 'dot', x: 'horsepower', y: 'miles_per_gallon', color: 'origin' }],
  binned: ['movies', 'select rotten_tomatoes_rating, imdb_rating from movies, (select 1 union all select 2 union all select 3)', { mark: 'dot', x: 'rotten_tomatoes_rating', y: 'imdb_rating' }],
  areaY: ['gapminder', 'select year, region, sum(population) as people from development join countries using (country) group by 1, 2', { mark: 'areaY', x: 'year', y: 'people', color: 'region' }],
  waffleY: ['movies', `select mpaa_rating, source, count(*) as films from movies where ${RATED} and source in ('Original Screenplay', 'Based on Book/Short Story', 'Remake') group by 1, 2`, { mark: 'waffleY', x: 'mpaa_rating', y: 'films', color: 'source' }],
  rect: ['movies', 'select imdb_rating from movies where imdb_rating is not null', { mark: 'rect', x: 'imdb_rating' }],
  cell: ['weather', "select cast(strftime('%m', date) as integer) as month, location || ' ' || strftime('%Y', date) as place, avg(temp_max) as warmth from daily_weather group by 1, 2", { mark: 'cell', x: 'month', y: 'place', color: 'warmth' }],
  tickX: ['cars', 'select miles_per_gallon, origin from cars where miles_per_gallon is not null', { mark: 'tickX', x: 'miles_per_gallon', y: 'origin', color: 'origin' }],
  ruleY: ['gapminder', 'select country, fertility from development where year = 2005 order by 2 desc limit 20', { mark: 'ruleY', x: 'fertility', y: 'country' }],
  box: ['movies', 'select major_genre, imdb_rating from movies where major_genre is not null', { mark: 'box', x: 'major_genre', y: 'imdb_rating' }],
  geo: ['earthquakes', 'select longitude, latitude, depth_km from earthquakes where magnitude > 4.5', { mark: 'geo', x: 'longitude', y: 'latitude', color: 'depth_km' }],
  panels: ['cars', 'select horsepower, miles_per_gallon, origin, cylinders from cars', { mark: 'dot', x: 'horsepower', y: 'miles_per_gallon', color: 'origin', facet: 'cylinders' }],
};
const addressOf = ([dataset, sql, spec]) => `/${dataset}/-/query?${new URLSearchParams({ sql, ...Object.fromEntries(Object.entries(spec).map(([k, v]) => [`_${k}`, v])) })}`;
const figure = page => page.locator('figure.chart');
const drawn = async (page, url) => {
  await page.goto(url, { waitUntil: 'load' });
  await figure(page).scrollIntoViewIfNeeded();
  await page.locator('figure.chart[data-drawn]').waitFor({ timeout: 20000 });
};

const s = new Suite();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-home-'));
const d = await Deployment.start({ demo: true, env: { HOME: home, XDG_CONFIG_HOME: path.join(home, '.config') } });
const browser = await launch();
for (const width of [1280, 360])
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(browser, { viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' });
    for (const [name, chart] of Object.entries(charts))
      await s.test(`${name} at ${width} px, ${colorScheme}`, async () => {
        page.complaints.length = 0;
        await drawn(page, d.url + addressOf(chart));
        await figure(page).screenshot({ path: `${SHOTS}/chart-${name}-${width}-${colorScheme}.png` });
        must(await overflow(page) <= 0, `${await overflow(page)} px stick out to the right`);
        must(await page.locator('.chart-panel').count() >= 1, 'nothing was drawn');
        must(await page.locator('.chart-panel :is(rect, circle, path, line)').count() > 3, 'the picture is empty');
        equal(await page.locator('figure.chart style').count(), 0, 'style elements');
        equal(await axe(page), [], 'axe-core');
        equal(page.complaints, [], 'complaints of the browser');
      });
    await page.context().close();
  }

await s.test('at 320 px nothing sticks out', async () => {
  const page = await open(browser, { viewport: { width: 320, height: 700 } });
  for (const name of ['barX', 'line', 'box']) {
    await drawn(page, d.url + addressOf(charts[name]));
    must(await overflow(page) <= 0, `${name}: ${await overflow(page)} px`);
  }
  await page.context().close();
});

await s.test('the points can be reached and read by keyboard', async () => {
  const page = await open(browser);
  await drawn(page, d.url + addressOf(charts.line));
  const points = page.getByTestId('chart-points');
  const words = () => points.getAttribute('aria-valuetext');
  equal(await points.getAttribute('aria-valuemax'), '55', 'points');
  must((await points.getAttribute('aria-label')).startsWith('Points of '), 'no name');
  await page.locator('.chart-foot button').first().focus();
  await page.keyboard.press('Shift+Tab');
  equal(await points.evaluate(e => e === document.activeElement), true, 'the points have the focus');
  equal(await words(), 'year: 1955, life_expectancy: 49.94, country: Brazil', 'first point');
  equal(await page.locator('.chart-tip').isVisible(), true, 'tip');
  await page.keyboard.press('ArrowRight');
  equal(await words(), 'year: 1960, life_expectancy: 52.44, country: Brazil', 'next point');
  await page.keyboard.press('ArrowDown');
  equal(await words(), 'year: 1960, life_expectancy: 27.79, country: China', 'next group');
  await page.keyboard.press('End');
  equal(await points.getAttribute('aria-valuenow'), '55', 'last point');
  must((await words()).includes('year: 2005'), await words());
  await page.keyboard.press('ArrowRight');
  equal(await points.getAttribute('aria-valuenow'), '55', 'the end holds');
  await page.keyboard.press('Escape');
  equal(await page.locator('.chart-tip').isVisible(), false, 'Escape hides');
  await shot(page, 'chart-keyboard');
  await page.context().close();
});

await s.test('a pointer shows the nearest point', async () => {
  const page = await open(browser);
  await drawn(page, d.url + addressOf(charts.barX));
  const box = await page.getByTestId('chart-points').boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 45);
  must((await page.locator('.chart-tip').textContent()).includes('Adventure'), await page.locator('.chart-tip').textContent());
  await page.context().close();
});

await s.test('PNG, SVG and CSV are made on the page, and nothing is sent', async () => {
  const page = await open(browser);
  await drawn(page, d.url + addressOf(charts.waffleY));
  const sent = [];
  page.on('request', r => { if (!r.url().startsWith('blob:')) sent.push(r.url()); });
  const got = {};
  for (const kind of ['PNG', 'SVG', 'CSV']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Download as ${kind}` }).click()]);
    must(download.suggestedFilename().endsWith(`.${kind.toLowerCase()}`), download.suggestedFilename());
    got[kind] = fs.readFileSync(await download.path());
  }
  equal(got.PNG.subarray(1, 4).toString(), 'PNG', 'PNG');
  must(got.PNG.length > 20000, `a PNG of ${got.PNG.length} bytes`);
  fs.writeFileSync(`${SHOTS}/chart-download.png`, got.PNG);
  fs.writeFileSync(`${SHOTS}/chart-download.svg`, got.SVG);
  const svg = got.SVG.toString();
  must(svg.startsWith('<svg') && svg.includes('<title>films by mpaa_rating</title>') && !svg.includes('var(--'), svg.slice(0, 300));
  const blank = await page.context().newPage(); // without the policy, which wants trusted types for a parser too
  equal(await blank.evaluate(text => new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror') === null, svg), true, 'well-formed');
  const lines = got.CSV.toString().trim().split('\r\n');
  equal([lines[0], lines.length], ['mpaa_rating,source,films', 12], 'CSV');
  equal(sent, [], 'requests');
  equal(page.complaints, [], 'complaints');
  await page.context().close();
});

await s.test('a chart is edited without asking anybody', async () => {
  const page = await open(browser);
  await drawn(page, d.url + addressOf(charts.barY));
  const sent = [];
  page.on('request', r => sent.push(r.url()));
  await page.getByTestId('chart-edit').locator('summary').click();
  await page.locator('#chart-edit-mark').selectOption('waffleY');
  await page.locator('figure.chart .chart-legend', { hasText: 'One square is' }).waitFor();
  await page.locator('#chart-edit-mark').selectOption('barX');
  await page.locator('#chart-edit-color').selectOption('');
  await page.locator('figure.chart .chart-legend').waitFor({ state: 'detached' });
  equal(await page.getByTestId('chart-points').getAttribute('aria-valuemax'), '4', 'bars');
  must((await page.getByTestId('chart-summary').textContent()).endsWith('Changed on this page.'), 'summary');
  await page.locator('#chart-edit-y').selectOption('');
  must((await page.getByTestId('chart-edit').getByRole('status').textContent()).startsWith('A bar chart needs y'), 'problem');
  await page.getByRole('button', { name: 'As it was' }).click();
  await page.locator('figure.chart .chart-legend').waitFor();
  equal(await axe(page), [], 'axe-core');
  equal([sent, page.complaints], [[], []], 'requests, complaints');
  await page.context().close();
});

await s.test('a theme that changes changes the chart', async () => {
  const page = await open(browser, { colorScheme: 'light' });
  await drawn(page, d.url + addressOf(charts.rect));
  const fill = () => page.locator('.chart-panel rect[fill^="#"], .chart-panel g[fill^="#"]').first().getAttribute('fill');
  const light = await fill();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(old => document.querySelector('.chart-panel rect[fill^="#"], .chart-panel g[fill^="#"]').getAttribute('fill') !== old, light);
  await page.context().close();
});

await s.test('without scripts there are summary, rows and the form', async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(d.url + addressOf(charts.line));
  must((await page.getByTestId('chart-summary').textContent()).includes('Japan rises from 66.12 (1955) to 82.5 (2005)'), 'summary');
  equal(await figure(page).getByRole('table').isVisible(), true, 'rows');
  await page.getByTestId('chart-it').getByLabel('Kind of chart').selectOption('dot');
  await page.getByTestId('draw-chart').click();
  must((await page.getByTestId('chart-summary').textContent()).startsWith('A scatter plot of life_expectancy against year'), 'another');
  await page.context().close();
});

await s.test('a choice that cannot be drawn is said to be wrong, and the guess is right', async () => {
  const page = await open(browser);
  await page.goto(d.url + addressOf(['movies', 'select title, imdb_rating from movies limit 30', { mark: 'line', x: 'imdb_rating', y: 'title' }]));
  must((await page.getByTestId('chart-problem').textContent()).includes('A line chart needs numbers as y; "title" holds texts.'), 'problem');
  await page.goto(`${d.url}/movies/-/query?${new URLSearchParams({ sql: 'select title, imdb_rating from movies limit 30' })}`);
  equal(await page.getByTestId('chart').count(), 0, 'no chart unasked');
  await page.getByTestId('chart-it').locator('summary').click();
  await page.getByTestId('draw-chart').click();
  equal(await figure(page).locator('.chart-title').textContent(), 'imdb_rating by title', 'the guess');
  equal(page.complaints, [], 'complaints');
  await page.context().close();
});

await s.test('many rows are binned and it is told', async () => {
  const page = await open(browser);
  await drawn(page, d.url + addressOf(charts.binned));
  must(/^[\d,]+ rows are drawn as [\d,]+ groups of near points\.$/.test(await page.getByTestId('chart-note').textContent()), await page.getByTestId('chart-note').textContent());
  await page.context().close();
});

// The plugin itself, in its jail, called by a model that first names a column that is not there.
const model = await scriptModel();
const lyceum = (args, options) => {
  const r = d.lyceum(args, options);
  equal(r.status, 0, `${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
};
const install = () => {
  const bundle = path.join(home, 'charts');
  lyceum(['plugin', 'key', 'new', 'charts', '--as', 'lyceum/bundled']);
  const key = /lyceum\/bundled\+[0-9a-f]{8}\+\S+/.exec(lyceum(['plugin', 'key', 'show', 'charts']))[0];
  lyceum(['plugin', 'pack', path.join(BUILD, 'plugins/charts'), '--out', bundle]);
  lyceum(['plugin', 'sign', bundle, '--key', 'charts']);
  lyceum(['plugin', 'install', bundle, '--key', key]);
};
await s.test('a model draws a chart in a conversation', async () => {
  const charts = () => JSON.parse(d.lyceum(['plugin', 'list', '--json']).stdout).plugins.find(p => p.id === 'lyceum/charts');
  if (!charts()) install();
  if (charts().state !== 'on') lyceum(['plugin', 'enable', 'lyceum/charts']);
  lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' });
  lyceum(['model', 'set', 'draws', '--api', 'openai-chat', '--url', `${model.url}/agent/draws-chart/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']);
  const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(lyceum(['signin-link', 'admin']))[0];
  const page = await open(browser, { reducedMotion: 'reduce' });
  await page.goto(d.url + link);
  await page.getByTestId('link-form').getByRole('button').click();
  await page.goto(`${d.url}/movies`);
  await page.getByTestId('question-box').fill('Films of each genre, as a chart');
  await page.locator('form.ask select[name="model"]').selectOption('draws');
  await page.getByTestId('ask-button').click();
  await page.locator('[data-outcome="done"]').waitFor({ timeout: 60000 });
  await figure(page).scrollIntoViewIfNeeded();
  await page.locator('figure.chart[data-drawn]').waitFor({ timeout: 20000 });
  equal(await figure(page).locator('.chart-title').textContent(), 'Films of each genre', 'title');
  must((await figure(page).getByTestId('view-sql').getAttribute('href')).startsWith('/movies/-/query?sql='), 'View SQL');
  equal(await axe(page), [], 'axe-core');
  equal(page.complaints, [], 'complaints');
  await shot(page, 'chart-chat');
  await page.context().close();
});
await browser.close();
d.stop();
model.stop();
fs.rmSync(home, { recursive: true, force: true });
s.end();
