/** Order of the pages in the navigation of the site. */

export interface Chapter {
  readonly title: string;
  /** Pages by path below `docs/`, without `.md`. */
  readonly pages: readonly string[];
}

export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Tutorials',
    pages: [
      'index',
      'tutorials/first-map',
      'tutorials/pytorch',
      'tutorials/yolo',
      'tutorials/bert',
      'tutorials/sklearn',
      'tutorials/deploy',
      'tutorials/data-set',
      'tutorials/write-a-method',
      'tutorials/python',
      'tutorials/explained-model',
    ],
  },
  {
    title: 'Using it',
    pages: ['library', 'methods/README', 'tasks', 'targets', 'models', 'report', 'comparison', 'glossary'],
  },
  { title: 'HTTP', pages: ['api', 'errors', 'migration'] },
  {
    title: 'Operating',
    pages: [
      'operate',
      'life-cycle',
      'batch',
      'cloudflare',
      'tenants',
      'scale',
      'monitoring',
      'drift',
      'logs',
      'runbooks',
      'receipts',
      'privacy',
      'embedding',
    ],
  },
  { title: 'Extending', pages: ['plugins', 'plugin-reference', 'compiler', 'operators', 'architecture', 'benchmarks'] },
];
