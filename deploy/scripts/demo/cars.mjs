// cars: fuel economy and weight, 1970 to 1982.
export default ({ json, table }) => ({
  tables: {
    cars: json('cars.json').map((r, i) => ({
      id: i + 1,
      name: r.Name,
      maker: r.Name.split(' ')[0],
      origin: r.Origin,
      model_year: Number(r.Year.slice(0, 4)),
      miles_per_gallon: r.Miles_per_Gallon,
      cylinders: r.Cylinders,
      displacement: r.Displacement,
      horsepower: r.Horsepower,
      weight_lbs: r.Weight_in_lbs,
      acceleration: r.Acceleration,
    })),
  },
  meta: {
    title: 'Cars of the 1970s',
    description: 'Fuel economy, power, weight and acceleration of 406 cars of the model years 1970 to 1982.',
    license: 'Distributed in 1982 for educational and scientific purposes',
    source: 'StatLib Datasets Archive, http://lib.stat.cmu.edu/datasets/ (via vega-datasets, cars.json)',
    suggested: [
      'Average miles per gallon by origin',
      'Top 10 cars by horsepower',
      'How did the average weight change by model year?',
      'How many cars are there for each number of cylinders?',
    ],
    tables: {
      cars: table('One row per model.', 'id', [
        ['id', 'Number of the row in the source'],
        ['name', 'Maker and model, in small letters'],
        ['maker', 'First word of the name, as the source spells it'],
        ['origin', 'Where the maker is from: USA, Europe or Japan'],
        ['model_year', 'Model year'],
        ['miles_per_gallon', 'Fuel economy', 'mi/gal'],
        ['cylinders', 'Number of cylinders'],
        ['displacement', 'Engine displacement', 'in³'],
        ['horsepower', 'Power', 'hp'],
        ['weight_lbs', 'Weight', 'lb'],
        ['acceleration', 'Time from 0 to 60 miles per hour', 's'],
      ]),
    },
  },
});
