/** True for a file that is named as Parquet. */
export const isParquet = (path: string): boolean => /\.parquet$/i.test(path);
