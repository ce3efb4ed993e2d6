/** The API page as HTML: the module that the docs route loads once it is built. The page runs no program. */
import { renderToString } from 'preact-render-to-string';
import type { ApiPage } from '../page-data.ts';
import { Api } from './api.tsx';
import style from './style.css?inline';

export const STYLE: ApiPage['STYLE'] = style;

export const renderApi: ApiPage['renderApi'] = (document) =>
  `<!doctype html>${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{document.info.title} API</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <Api document={document} />
      </body>
    </html>,
  )}\n`;
