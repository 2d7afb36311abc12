// world: the land, from Natural Earth (public domain) by way of vega-datasets; loaded for maps alone.
import { feature } from 'topojson-client';
import world from '../../../node_modules/vega-datasets/data/world-110m.json';

export const land = feature(world, world.objects.land);
