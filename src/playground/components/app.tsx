/** The page: what is asked on one side, what is seen on the other. */
import { input, notice, spoken } from '../state.ts';
import { Header } from './header.tsx';
import { Intake } from './intake.tsx';
import { Methods } from './methods.tsx';
import { Occlusion } from './occlusion.tsx';
import { Prediction } from './prediction.tsx';
import { Sheet } from './sheet.tsx';
import { ViewPanel } from './view-panel.tsx';

export function App() {
  return (
    <>
      <a class="skip" href="#maps">
        Skip to the maps
      </a>
      <Header />
      <Notice />
      <main class={input.value ? 'with-image' : ''}>
        <aside class="side" aria-label="What is asked">
          <Intake />
          {input.value && (
            <>
              <Prediction />
              <Methods />
            </>
          )}
        </aside>
        {input.value ? (
          <div class="stage">
            <ViewPanel />
            <Sheet />
            <Occlusion />
          </div>
        ) : (
          <Welcome />
        )}
      </main>
      <div class="unseen" aria-live="polite">
        {spoken.value}
      </div>
    </>
  );
}

function Notice() {
  const failure = notice.value;
  if (!failure) return null;
  return (
    <div class="notice" role="alert">
      <p>
        {failure.message} <code>{failure.code}</code>
      </p>
      <button type="button" class="plain" aria-label="Dismiss" onClick={() => (notice.value = undefined)}>
        ✕
      </button>
    </div>
  );
}

const Welcome = () => (
  <section class="welcome stage" id="maps">
    <h2>Shine a light on why</h2>
    <p>
      A model looks at your image and names what it sees. Then a method of your choice shows which parts of the image
      made it say so.
    </p>
    <ol>
      <li>Bring an image, or take one of the samples.</li>
      <li>Click a class to ask why, one more to compare.</li>
      <li>Put several methods side by side, and cover parts of the image to see what the model really needs.</li>
    </ol>
  </section>
);
