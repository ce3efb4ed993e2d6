/** Parts of the description of a route that become parts of the OpenAPI document. */
import type * as z from 'zod';

/** Contents by media type. */
export type Content = Readonly<
  Record<
    string,
    { readonly schema: z.ZodType; readonly example?: unknown; readonly examples?: Readonly<Record<string, object>> }
  >
>;

/** Query and body of a request. */
export interface Request {
  readonly query?: z.ZodObject;
  readonly body?: { readonly required?: boolean; readonly description?: string; readonly content: Content };
}

/** Responses by status. */
export type Responses = Readonly<
  Record<
    string,
    {
      readonly description: string;
      readonly content?: Content;
      /** Headers by name. */
      readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>;
    }
  >
>;
