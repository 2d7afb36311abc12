// weather: four years of days in Seattle and New York, and Seattle's hourly normals.
const places = {
  Seattle: { state: 'WA', latitude: 47.6062, longitude: -122.3321 },
  'New York': { state: 'NY', latitude: 40.7128, longitude: -74.006 },
};

export default ({ csv, number, table }) => {
  const days = csv('weather.csv');
  return {
    tables: {
      locations: [...new Set(days.map((r) => r.location))].sort().map((name) => ({ name, ...places[name] })),
      daily_weather: days.map((r) => ({
        location: r.location,
        date: r.date,
        precipitation: number(r.precipitation),
        temp_max: number(r.temp_max),
        temp_min: number(r.temp_min),
        wind: number(r.wind),
        weather: r.weather,
      })),
      hourly_normals: csv('seattle-weather-hourly-normals.csv').map((r) => ({
        location: 'Seattle',
        time: r.date,
        pressure: number(r.pressure),
        temperature: number(r.temperature),
        wind: number(r.wind),
      })),
    },
    meta: {
      title: 'Weather in Seattle and New York',
      description: 'Daily weather of 2012 to 2015 in Seattle and New York, and what each hour of the year is normally like in '
        + 'Seattle. The word for a day\'s weather is made from several fields of the source, for teaching.',
      license: 'U.S. Government work (public domain)',
      source: 'NOAA National Climatic Data Center, https://www.ncdc.noaa.gov/cdo-web/ (via vega-datasets)',
      suggested: [
        'Average maximum temperature by location',
        'Average precipitation by month in Seattle',
        'Average wind by weather',
      ],
      tables: {
        locations: table('The two cities.', 'name', [
          ['name', 'City'], ['state', 'Two-letter code of the state'],
          ['latitude', 'Latitude of the city', '°'], ['longitude', 'Longitude of the city', '°'],
        ]),
        daily_weather: table('One row per city and day, 2012 to 2015.', ['location', 'date'], [
          ['location', 'City'], ['date', 'Day (ISO 8601)'], ['precipitation', 'Rain and melted snow of the day', 'mm'],
          ['temp_max', 'Highest temperature', '°C'], ['temp_min', 'Lowest temperature', '°C'],
          ['wind', 'Average wind speed', 'm/s'], ['weather', 'One word for the day: sun, rain, drizzle, fog, snow'],
        ], [['location', 'locations', 'name']]),
        hourly_normals: table('What each hour of a year is normally like in Seattle (the year 2010 stands for any).',
          ['location', 'time'], [
            ['location', 'City: always Seattle'], ['time', 'Hour (ISO 8601)'], ['pressure', 'Air pressure', 'hPa'],
            ['temperature', 'Temperature', '°C'], ['wind', 'Wind speed', 'm/s'],
          ], [['location', 'locations', 'name']]),
      },
    },
  };
};
