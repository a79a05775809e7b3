/** What a scenario of the laboratory is, and what comes out of it. */
export interface Line {
  label: string;
  /** One for each of the panel's times; null where there was nothing. */
  values: Array<number | null>;
}

/** One chart: lines over time. */
export interface Panel {
  title: string;
  unit: string;
  /** Seconds. */
  times: number[];
  lines: Line[];
}

export interface Check {
  text: string;
  ok: boolean;
}

export interface ScenarioResult {
  /** Heads of the table, and its rows; the first column names the run. */
  columns: string[];
  rows: Array<Array<string | number>>;
  checks: Check[];
  panels: Panel[];
}

export interface RunContext {
  seed: number;
  /** How far a run is, from 0 to 1. */
  progress(label: string, share: number): void;
}

export interface Scenario {
  name: string;
  title: string;
  /** What it shows, in a sentence or two. */
  question: string;
  /** The network, from left to right. */
  path: string;
  run(context: RunContext): ScenarioResult;
}
