/**
 * What a connection needs from its first text on: the records of what is on its way, the congestion
 * window, and all that repairs a loss.
 *
 * It is more than half of a connection. One that has only been opened, or only listens to its peer,
 * does without; `Tcb` makes it when something first asks for it.
 */
import type { CongestionController } from './congestion/controller';
import { createController } from './congestion/registry';
import { DeliveryRate } from './delivery-rate';
import { ForwardRto } from './forward-rto';
import { BlackHole } from './path';
import { ReorderWindow } from './rack';
import { Recovery } from './recovery';
import { Scoreboard } from './scoreboard';
import { seqAdd } from './seq';
import { TailProbe } from './tail-probe';
import type { Tcb } from './tcb';
import { Train } from './train';
import { Undo } from './undo';
import { WindowValidation } from './validation';

export class Sending {
  cc: CongestionController;
  readonly scoreboard = new Scoreboard();
  readonly recovery = new Recovery();
  readonly validation = new WindowValidation();
  readonly tailProbe = new TailProbe();
  readonly rack = new ReorderWindow();
  readonly undo = new Undo();
  readonly forwardRto = new ForwardRto();
  readonly blackHole = new BlackHole();
  /** Null where the link takes what is sent in one piece. */
  readonly train: Train | null;
  /** Round trips so far, and the last sequence number of the present one. */
  rounds = 0;
  roundEnd = 0;

  /** As it would be had it been there from the beginning: nothing but the SYN has been sent. */
  constructor(tcb: Tcb) {
    const { snd, config, iss } = tcb;
    this.cc = createController(config.congestionControl);
    this.control(this.cc);
    this.train = tcb.inTrains ? new Train() : null;
    this.begin(iss, snd.nxt === iss ? seqAdd(iss, 1) : snd.nxt);
    if (snd.mss > 0) this.agree(tcb);
  }

  /** @param first sequence number of the first text */
  begin(iss: number, first: number): void {
    this.roundEnd = iss;
    this.scoreboard.reset(first);
  }

  /** From now on it is this one that controls. Rates are measured for whoever asks for them. */
  control(controller: CongestionController): void {
    this.cc = controller;
    if (controller.handleDelivery !== undefined) this.scoreboard.measureRates(new DeliveryRate());
  }

  /** The SYNs have said how large segments may be. */
  agree(tcb: Tcb): void {
    this.cc.initialize(tcb.snd.mss, tcb.config.initialWindowSegments, tcb.iss);
    this.noteSize(tcb);
  }

  /** The size of segments has changed: where the link cuts what we send, records count by it. */
  noteSize({ linkText, snd }: Tcb): void {
    if (linkText > snd.mss) this.scoreboard.segmentBytes = snd.mss;
  }
}
