/** The machine that a program of ours runs on: what is installed there. */
export { findProgram } from './find-program';
