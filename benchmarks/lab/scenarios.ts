/** All scenarios of the laboratory, in the order of the report. */
import { eventScenarios } from './event-scenarios';
import { fairnessScenarios, rivalScenarios } from './fairness-scenarios';
import { lossScenarios, reorderScenario, sawtoothScenario } from './loss-scenarios';
import { queueScenarios } from './queue-scenarios';
import type { Scenario } from './scenario';

export const SCENARIOS: readonly Scenario[] = [
  sawtoothScenario,
  ...lossScenarios,
  reorderScenario,
  ...queueScenarios,
  ...eventScenarios,
  ...fairnessScenarios,
  ...rivalScenarios,
];
