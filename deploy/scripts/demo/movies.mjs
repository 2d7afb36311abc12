// movies: films with box office and ratings.
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function isoDate(text) {
  const m = /^([A-Z][a-z]{2}) (\d{1,2}) (\d{4})$/.exec(text || '');
  return m ? `${m[3]}-${String(months.indexOf(m[1]) + 1).padStart(2, '0')}-${m[2].padStart(2, '0')}` : null;
}

export default ({ json, table }) => ({
  tables: {
    movies: json('movies.json').map((r, i) => ({
      id: i + 1,
      title: r.Title === null ? null : String(r.Title),
      release_date: isoDate(r['Release Date']),
      director: r.Director,
      distributor: r.Distributor,
      major_genre: r['Major Genre'],
      creative_type: r['Creative Type'],
      source: r.Source,
      mpaa_rating: r['MPAA Rating'],
      running_time_min: r['Running Time min'],
      production_budget: r['Production Budget'],
      us_gross: r['US Gross'],
      worldwide_gross: r['Worldwide Gross'],
      us_dvd_sales: r['US DVD Sales'],
      imdb_rating: r['IMDB Rating'],
      imdb_votes: r['IMDB Votes'],
      rotten_tomatoes_rating: r['Rotten Tomatoes Rating'],
    })),
  },
  meta: {
    title: 'Movies',
    description: 'About 3,200 films with box office, budgets and audience ratings, to about 2010. The collection has known errors '
      + 'on purpose (for example release years in the future): it was made to teach data cleaning.',
    license: 'Not stated by the source; collected by vega-datasets (its code is BSD-3-Clause)',
    source: 'https://github.com/vega/vega-datasets (movies.json)',
    suggested: [
      'Top 10 movies by worldwide gross',
      'Average IMDB rating by major genre',
      'How many movies were released each year?',
      'Which directors have the highest total worldwide gross?',
      'Which movies had a production budget over 200 million?',
    ],
    tables: {
      movies: table('One row per film.', 'id', [
        ['id', 'Number of the row in the source'],
        ['title', 'Title of the film; some are numbers, kept as text'],
        ['release_date', 'Date of the first release (ISO 8601)'],
        ['director', 'Director, where known'],
        ['distributor', 'Company that distributed the film in the United States'],
        ['major_genre', 'Main genre: Drama, Comedy, Action, ...'],
        ['creative_type', 'Kind of story: Contemporary Fiction, Science Fiction, Factual, ...'],
        ['source', 'What the film is based on: Original Screenplay, a book, a game, ...'],
        ['mpaa_rating', 'Age rating in the United States: G, PG, PG-13, R, NC-17, Not Rated, Open'],
        ['running_time_min', 'Running time', 'min'],
        ['production_budget', 'Cost of production', 'USD'],
        ['us_gross', 'Box office takings in the United States', 'USD'],
        ['worldwide_gross', 'Box office takings in the whole world', 'USD'],
        ['us_dvd_sales', 'Sales of DVDs in the United States', 'USD'],
        ['imdb_rating', 'Average rating of IMDB\'s users, 1 to 10'],
        ['imdb_votes', 'Number of votes behind the IMDB rating'],
        ['rotten_tomatoes_rating', 'Share of critics with a positive review', '%'],
      ]),
    },
  },
});
