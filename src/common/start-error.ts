/** A reason not to start that a person can mend. Its message is one sentence and all that is printed. */
export class StartError extends Error {}
