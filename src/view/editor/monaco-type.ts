/** The editor as a value, for what gets it handed in: nobody but load-monaco.ts imports the editor itself. */
export type Monaco = typeof import('monaco-editor/editor');
