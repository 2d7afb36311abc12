// airports: airports of the United States, their states, and how many flights went between them in 2008.
const names = {
  AK: 'Alaska', AL: 'Alabama', AR: 'Arkansas', AS: 'American Samoa', AZ: 'Arizona', CA: 'California', CO: 'Colorado',
  CQ: 'Northern Mariana Islands', CT: 'Connecticut', DC: 'District of Columbia', DE: 'Delaware', FL: 'Florida', GA: 'Georgia',
  GU: 'Guam', HI: 'Hawaii', IA: 'Iowa', ID: 'Idaho', IL: 'Illinois', IN: 'Indiana', KS: 'Kansas', KY: 'Kentucky',
  LA: 'Louisiana', MA: 'Massachusetts', MD: 'Maryland', ME: 'Maine', MI: 'Michigan', MN: 'Minnesota', MO: 'Missouri',
  MS: 'Mississippi', MT: 'Montana', NC: 'North Carolina', ND: 'North Dakota', NE: 'Nebraska', NH: 'New Hampshire',
  NJ: 'New Jersey', NM: 'New Mexico', NV: 'Nevada', NY: 'New York', OH: 'Ohio', OK: 'Oklahoma', OR: 'Oregon',
  PA: 'Pennsylvania', PR: 'Puerto Rico', RI: 'Rhode Island', SC: 'South Carolina', SD: 'South Dakota', TN: 'Tennessee',
  TX: 'Texas', UT: 'Utah', VA: 'Virginia', VI: 'U.S. Virgin Islands', VT: 'Vermont', WA: 'Washington', WI: 'Wisconsin',
  WV: 'West Virginia', WY: 'Wyoming',
};

export default ({ json, csv, number, table }) => {
  const capitals = new Map(json('us-state-capitals.json').map((r) => [r.state, r.city]));
  return {
    tables: {
      states: Object.entries(names).map(([code, name]) => ({ code, name, capital: capitals.get(name) || null })),
      airports: csv('airports.csv').map((r) => ({
        iata: r.iata, name: r.name, city: r.city === 'NA' ? null : r.city, state: r.state === 'NA' ? null : r.state,
        country: r.country, latitude: number(r.latitude), longitude: number(r.longitude),
      })),
      routes: csv('flights-airport.csv').map((r) => ({ origin: r.origin, destination: r.destination, flights: number(r.count) })),
    },
    meta: {
      title: 'U.S. airports and routes',
      description: 'About 3,400 airports of the United States and its territories, and the number of flights on each route in 2008.',
      license: 'U.S. Government work (public domain)',
      source: 'Data.gov and the U.S. Bureau of Transportation Statistics (via vega-datasets, airports.csv and flights-airport.csv)',
      suggested: [
        'How many airports are there in each state?',
        'Top 10 routes by flights',
        'How many routes are there by destination?',
      ],
      tables: {
        states: table('States and territories that have airports here.', 'code', [
          ['code', 'Two-letter code, as the airports have it'], ['name', 'Name'], ['capital', 'Capital city of a state; empty for territories'],
        ]),
        airports: table('One row per airport.', 'iata', [
          ['iata', 'Code of the airport (IATA, or the FAA\'s where it has none)'], ['name', 'Name'], ['city', 'City'],
          ['state', 'Two-letter code of the state; empty abroad'], ['country', 'Country'],
          ['latitude', 'Latitude', '°'], ['longitude', 'Longitude', '°'],
        ], [['state', 'states', 'code']]),
        routes: table('Flights of 2008: one row per pair of airports and direction.', ['origin', 'destination'], [
          ['origin', 'Airport of departure'], ['destination', 'Airport of arrival'], ['flights', 'Number of flights in the year', 'flights'],
        ], [['origin', 'airports', 'iata'], ['destination', 'airports', 'iata']]),
      },
    },
  };
};
