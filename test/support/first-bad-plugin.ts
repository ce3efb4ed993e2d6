/** One of the bad methods: a test puts the number of another one into the bundle. */
import { BAD_PLUGINS } from './bad-plugins.ts';

const NUMBER = 'number of the bad plugin';

export default (BAD_PLUGINS[Number(NUMBER)] ?? BAD_PLUGINS[0])?.method;
