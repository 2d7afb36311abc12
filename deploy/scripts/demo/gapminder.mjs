// gapminder: people, lives and incomes by country.
const regions = {
  south_asia: 'South Asia', europe_central_asia: 'Europe and Central Asia', america: 'America',
  middle_east_north_africa: 'Middle East and North Africa', sub_saharan_africa: 'Sub-Saharan Africa',
  east_asia_pacific: 'East Asia and Pacific',
};

export default ({ json, csv, number, table }) => {
  const years = json('gapminder.json');
  const incomes = csv('gapminder-health-income.csv');
  const region = new Map(incomes.map((r) => [r.country, regions[r.region] || r.region]));
  const cluster = new Map(years.map((r) => [r.country, r.cluster]));
  const names = [...new Set([...region.keys(), ...cluster.keys()])].sort();
  return {
    tables: {
      countries: names.map((country) => ({
        country, region: region.get(country) || null, cluster: cluster.has(country) ? cluster.get(country) : null,
      })),
      development: years.map((r) => ({
        country: r.country, year: r.year, population: r.pop, life_expectancy: r.life_expect, fertility: r.fertility,
      })),
      health_income: incomes.map((r) => ({
        country: r.country, income_per_person: number(r.income), life_expectancy: number(r.health), population: number(r.population),
      })),
    },
    meta: {
      title: 'Gapminder: health, wealth and population',
      description: 'Population, life expectancy and fertility of 62 countries from 1955 to 2005 in steps of five years, and income, '
        + 'life expectancy and population of 187 countries in one recent year, which the source does not name. Gapminder fills '
        + 'gaps with estimates and uses today\'s borders throughout.',
      license: 'CC-BY-4.0',
      source: 'Free material from Gapminder.org, https://www.gapminder.org/data/ (via vega-datasets)',
      suggested: [
        'How did fertility in India change by year?',
        'Average life expectancy by country',
        'Top 10 countries by income per person',
      ],
      tables: {
        countries: table('One row per country that any other table has.', 'country', [
          ['country', 'Name as Gapminder writes it'], ['region', 'World region; empty where the source has none'],
          ['cluster', 'Group of similar countries in the source (0 to 5), for those with a history'],
        ]),
        development: table('History of 62 countries: one row per country and fifth year, 1955 to 2005.', ['country', 'year'], [
          ['country', 'Country'], ['year', 'Year'], ['population', 'People', 'people'],
          ['life_expectancy', 'Life expectancy at birth', 'years'], ['fertility', 'Babies per woman', 'births per woman'],
        ], [['country', 'countries', 'country']]),
        health_income: table('One recent year of 187 countries.', 'country', [
          ['country', 'Country'], ['income_per_person', 'Gross domestic product per person, adjusted for prices', 'international dollars'],
          ['life_expectancy', 'Life expectancy at birth', 'years'], ['population', 'People', 'people'],
        ], [['country', 'countries', 'country']]),
      },
    },
  };
};
