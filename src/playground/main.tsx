/** The page's entry. */
import { render } from 'preact';
import { openExample, predict, start, useSample } from './actions.ts';
import { App } from './components/app.tsx';
import { SAMPLES } from './image-input.ts';
import { followState, restore } from './link.ts';
import { input } from './state.ts';

render(<App />, document.getElementById('app') as HTMLElement);
const sample = restore(location.hash);
await start();
followState();
if (sample) await useSample(sample);
// An image may have come before the model was there.
else if (input.value) await predict();
else await openExample(SAMPLES[0]);
