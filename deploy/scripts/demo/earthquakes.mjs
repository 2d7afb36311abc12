// earthquakes: one week of the USGS's feed of all earthquakes.
const networks = {
  ak: 'Alaska Earthquake Center', ci: 'Southern California Seismic Network', hv: 'Hawaiian Volcano Observatory',
  mb: 'Montana Regional Seismic Network', nc: 'Northern California Seismic System', nm: 'New Madrid Seismic Network',
  nn: 'Nevada Seismic Network', pr: 'Puerto Rico Seismic Network', se: 'Southeastern United States Seismic Network',
  us: 'USGS National Earthquake Information Center', uu: 'University of Utah Seismograph Stations',
  uw: 'Pacific Northwest Seismic Network',
};

export default ({ json, table }) => {
  const quakes = json('earthquakes.json').features;
  const used = [...new Set(quakes.map((f) => f.properties.net))].sort();
  return {
    tables: {
      networks: used.map((code) => ({ code, name: networks[code] || code })),
      earthquakes: quakes.map(({ id, properties: p, geometry: { coordinates: [longitude, latitude, depth] } }) => ({
        id,
        occurred_at: new Date(p.time).toISOString().replace('.000Z', 'Z'),
        magnitude: p.mag,
        magnitude_type: p.magType,
        place: p.place,
        region: p.place && p.place.includes(',') ? p.place.slice(p.place.lastIndexOf(',') + 1).trim() : p.place,
        depth_km: depth,
        latitude,
        longitude,
        event_type: p.type,
        felt_reports: p.felt,
        alert: p.alert,
        tsunami: p.tsunami,
        significance: p.sig,
        stations: p.nst,
        status: p.status,
        network: p.net,
        url: p.url,
      })).sort((a, b) => (a.occurred_at < b.occurred_at ? -1 : a.occurred_at > b.occurred_at ? 1 : a.id < b.id ? -1 : 1)),
    },
    meta: {
      title: 'A week of earthquakes',
      description: 'All seismic events that the USGS recorded from 31 January to 7 February 2018 (UTC), small ones, explosions and '
        + 'quarry blasts included.',
      license: 'U.S. Government work (public domain)',
      source: 'U.S. Geological Survey, https://earthquake.usgs.gov/earthquakes/feed/ (via vega-datasets, earthquakes.json)',
      suggested: [
        'Top 10 earthquakes by magnitude',
        'How many earthquakes were there in each region?',
        'Average depth by network',
      ],
      tables: {
        networks: table('Seismic networks that reported the events.', 'code', [['code', 'Code of the network'], ['name', 'Name']]),
        earthquakes: table('One row per seismic event.', 'id', [
          ['id', 'The USGS\'s id of the event'], ['occurred_at', 'Time of the event in UTC (ISO 8601)'], ['magnitude', 'Magnitude'],
          ['magnitude_type', 'How the magnitude was computed: ml, md, mb, mww, ...'],
          ['place', 'Distance and direction from a town, as the USGS writes it'], ['region', 'State or country: what stands behind the last comma of the place'],
          ['depth_km', 'Depth below the surface', 'km'], ['latitude', 'Latitude', '°'], ['longitude', 'Longitude', '°'],
          ['event_type', 'earthquake, explosion or quarry blast'], ['felt_reports', 'People who said that they felt it', 'reports'],
          ['alert', 'PAGER alert colour: green, yellow, orange, red; mostly empty'], ['tsunami', '1 when a tsunami message was sent, else 0'],
          ['significance', 'How significant the event is, 0 to 1,000 and more'], ['stations', 'Stations that were used', 'stations'],
          ['status', 'automatic, or reviewed by a person'], ['network', 'Network that reported it'], ['url', 'Page of the event'],
        ], [['network', 'networks', 'code']]),
      },
    },
  };
};
