/** The page's entry. */
import { render } from 'preact';
import { askOrOpen, start, useSample } from './actions.ts';
import { App } from './components/app.tsx';
import { followState, restore } from './link.ts';

render(<App />, document.getElementById('app') as HTMLElement);
const sample = restore(location.hash);
await start();
followState();
if (sample !== undefined) await useSample(sample);
// An input may have come before the model was there.
else await askOrOpen();
