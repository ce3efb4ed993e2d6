/** The page: what is asked on one side, what is seen on the other. */
import { classifies, input, kind, notice, retry, spoken } from '../state.ts';
import { Header } from './header.tsx';
import { Intake } from './intake.tsx';
import { Methods } from './methods.tsx';
import { ModelPanel } from './model-panel.tsx';
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
      <Stage />
      <div class="unseen" aria-live="polite">
        {spoken.value}
      </div>
    </>
  );
}

const Stage = () => (
  <main class={input.value ? 'with-image' : ''}>
    <aside class="side" aria-label="What is asked">
      <ModelPanel />
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
        {kind.value === 'image' && <ViewPanel />}
        <Sheet />
        {kind.value === 'image' && classifies.value && <Occlusion />}
      </div>
    ) : (
      <Welcome />
    )}
  </main>
);

function Notice() {
  const failure = notice.value;
  if (!failure) return null;
  return (
    <div class="notice" role="alert">
      <p>
        {failure.message} <code>{failure.code}</code>
      </p>
      <div class="row">
        {retry.value && (
          <button type="button" onClick={() => repeat(retry.value)}>
            Try again
          </button>
        )}
        <button type="button" class="plain" aria-label="Dismiss" onClick={() => (notice.value = undefined)}>
          ✕
        </button>
      </div>
    </div>
  );
}

function repeat(work: (() => Promise<void>) | undefined): void {
  notice.value = undefined;
  retry.value = undefined;
  void work?.();
}

const Welcome = () => (
  <section class="welcome stage" id="maps">
    <h2>Shine a light on why</h2>
    <p>
      A model looks at your input and says what it is. Then a method of your choice shows which parts of the input made
      it say so.
    </p>
  </section>
);
