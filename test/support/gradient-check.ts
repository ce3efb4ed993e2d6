/** The check of rules as plugin authors have it. */
export * from '../../src/testing/rule-check.ts';
