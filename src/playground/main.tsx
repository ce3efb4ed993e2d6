/** The page's entry. */
import { render } from 'preact';
import { askOrOpen, start, useSample } from './actions.ts';
import { App } from './components/app.tsx';
import { followState, restore } from './link.ts';
import { openServed } from './own-model.ts';
import { input } from './state.ts';

render(<App />, document.getElementById('app') as HTMLElement);
const { sample, own } = restore(location.hash);
await start();
followState();
if (own) await openServed();
if (sample !== undefined) await useSample(sample);
// An input may have come before the model was there.
else if (!input.value || !own) await askOrOpen();
