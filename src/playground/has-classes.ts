/** True for tasks whose answer is a score for each class. */
export const hasClasses = (task: string): boolean => task === 'classification' || task === 'multi_label';
