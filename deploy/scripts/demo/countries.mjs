// countries: ISO codes of countries, their parts, currencies and languages.
const scopes = { I: 'individual', M: 'macrolanguage', S: 'special' };
const kinds = { L: 'living', E: 'extinct', A: 'ancient', H: 'historical', C: 'constructed', S: 'special' };

export default ({ iso, table }) => {
  const countries = iso('3166-1');
  const parts = iso('3166-2');
  const codes = new Set(countries.map((r) => r.alpha_2));
  const known = new Set(parts.map((r) => r.code));
  // A parent is written with or without the country's code.
  const parent = (r) => [r.parent, `${r.code.slice(0, 3)}${r.parent}`].find((code) => known.has(code)) || null;
  return {
    tables: {
      countries: countries.map((r) => ({
        alpha_2: r.alpha_2, alpha_3: r.alpha_3, numeric_code: r.numeric, name: r.common_name || r.name, official_name: r.official_name || r.name,
        flag: r.flag,
      })).sort((a, b) => (a.alpha_2 < b.alpha_2 ? -1 : 1)),
      subdivisions: parts.filter((r) => codes.has(r.code.slice(0, 2))).map((r) => ({
        code: r.code, country: r.code.slice(0, 2), name: r.name, type: r.type, parent: parent(r),
      })),
      currencies: iso('4217').map((r) => ({
        code: r.alpha_3, numeric_code: r.numeric, name: r.name, country: codes.has(r.alpha_3.slice(0, 2)) ? r.alpha_3.slice(0, 2) : null,
      })),
      languages: iso('639-3').map((r) => ({
        code: r.alpha_3, alpha_2: r.alpha_2 || null, name: r.name, inverted_name: r.inverted_name || null,
        scope: scopes[r.scope] || r.scope, type: kinds[r.type] || r.type,
      })),
    },
    meta: {
      title: 'Countries, subdivisions, currencies and languages',
      description: 'The ISO codes 3166 (countries and their subdivisions), 4217 (currencies) and 639-3 (languages), with names.',
      license: 'LGPL-2.1-or-later',
      source: 'iso-codes, https://salsa.debian.org/iso-codes-team/iso-codes (Debian\'s package)',
      suggested: [
        'How many languages are there of each type?',
        'How many subdivisions are there in each country?',
        'How many countries are there?',
      ],
      tables: {
        countries: table('Countries and territories (ISO 3166-1).', 'alpha_2', [
          ['alpha_2', 'Two-letter code'], ['alpha_3', 'Three-letter code'], ['numeric_code', 'Three-digit code; text, because of leading zeros'],
          ['name', 'Common name in English'], ['official_name', 'Official name in English'], ['flag', 'Flag as an emoji'],
        ]),
        subdivisions: table('States, provinces, districts, ... (ISO 3166-2).', 'code', [
          ['code', 'Code with the country\'s in front, as in CH-ZH'], ['country', 'Country'], ['name', 'Name in a local language'],
          ['type', 'What it is called: Province, State, Parish, ...'], ['parent', 'Subdivision that it belongs to; empty at the top'],
        ], [['country', 'countries', 'alpha_2'], ['parent', 'subdivisions', 'code']]),
        currencies: table('Currencies and funds (ISO 4217).', 'code', [
          ['code', 'Three-letter code'], ['numeric_code', 'Three-digit code; text, because of leading zeros'], ['name', 'Name in English'],
          ['country', 'Country that the code\'s first two letters name; empty for shared currencies such as EUR, and metals'],
        ], [['country', 'countries', 'alpha_2']]),
        languages: table('Languages (ISO 639-3).', 'code', [
          ['code', 'Three-letter code'], ['alpha_2', 'Two-letter code, for the 180 or so that have one'], ['name', 'Name in English'],
          ['inverted_name', 'Name with its main word first, for sorting'], ['scope', 'individual, macrolanguage or special'],
          ['type', 'living, extinct, ancient, historical, constructed or special'],
        ]),
      },
    },
  };
};
