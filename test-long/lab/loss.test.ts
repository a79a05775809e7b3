import { lossScenarios, reorderScenario } from '../../benchmarks/lab/loss-scenarios';
import { testScenarios } from './support';

testScenarios([...lossScenarios, reorderScenario]);
