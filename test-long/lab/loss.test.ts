import {
  lossScenarios,
  reorderScenario,
  sawtoothScenario,
} from '../../benchmarks/lab/loss-scenarios';
import { testScenarios } from './support';

testScenarios([sawtoothScenario, ...lossScenarios, reorderScenario]);
