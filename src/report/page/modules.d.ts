/** Modules that the build provides. */
declare module 'virtual:report-program' {
  /** The program of the report's page, `main.tsx`, as one classic script. */
  const program: string;
  export default program;
}
