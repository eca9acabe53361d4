import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { currentStory } from '@fairseat/common/context';
import { openFile, type StoreFile } from '../embedded/file.ts';
import type { Environment } from './environment.ts';
import type { Luck } from './luck.ts';
import type { Member } from './process.ts';
import { RowLog } from './row-log.ts';
import type { Dropping, Noted, Saved } from './told.ts';

/** How many statements of a transaction that is refused succeed, at most. */
const MOST_STATEMENTS = 6;
/** As many in each transaction that does. */
const READS_THAT_FAIL = 0.1;
const BROKEN = { errcode: 10, message: 'disk I/O error' };
const FULL = { errcode: 13, message: 'database or disk is full' };

const isEvent = (saved: Saved[number]) => 'table' in saved && saved.table === 'events';

let disks = 0;

/** What is committed on it survives every process. Now and then it refuses a transaction, as a disk does. */
export class Disk {
  readonly #environment: Environment;
  readonly #uri = `file:/simulated-${++disks}?vfs=memdb`;
  /** The file is there for as long as anybody has it open. */
  readonly #keeper = new DatabaseSync(this.#uri);

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#keeper.exec('PRAGMA user_version');
  }

  /** For as long as this process lives. `onCommit` is told what was saved, in its order, with what was noted between. */
  open(member: Member, onCommit: (saved: Saved) => void): Drive {
    const { db, lastSeq } = openFile(this.#uri);
    member.onEnd(() => db.close());
    return new Drive({ db, lastSeq }, member, this.#environment, onCommit);
  }
}

/** These are never refused. */
const UNDOING = ['ROLLBACK', 'SAVEPOINT', 'RELEASE'];

type Run = () => ReturnType<StatementSync['run']>;

/** One process' way to the disk: the store's own file, with luck and an ear at every statement that writes. */
export class Drive {
  readonly file: StoreFile;
  readonly #member: Member;
  readonly #environment: Environment;
  readonly #onCommit: (saved: Saved) => void;
  readonly #rows: RowLog;
  readonly #rollback: StatementSync;
  #hasNewTables = true;
  /** Since the last look at the rows. */
  #hasChanges = false;
  #luck: Luck;
  readonly #readingLuck: Luck;
  /** Of the transaction under way. */
  #statementsLeft = Number.POSITIVE_INFINITY;
  #pending: Saved = [];

  constructor(
    file: StoreFile,
    member: Member,
    environment: Environment,
    onCommit: (saved: Saved) => void,
  ) {
    this.file = file;
    this.#member = member;
    this.#environment = environment;
    this.#onCommit = onCommit;
    this.#rows = new RowLog(file.db);
    this.#rollback = file.db.prepare('ROLLBACK');
    this.#luck = environment.scopes.of('disk').next();
    this.#readingLuck = environment.scopes.of('reading').next();
    this.#listenIn(file.db);
  }

  get isInTransaction() {
    return this.#member.isAlive && this.file.db.isTransaction;
  }

  /** What happens during a transaction is told with what that saves, if it does; else at once. */
  note(noted: Noted | Dropping) {
    if (this.isInTransaction) this.#pending.push(...this.#changes(), noted);
    else if (this.#member.isAlive) this.#onCommit([noted]);
  }

  #listenIn(db: DatabaseSync) {
    const exec = db.exec.bind(db);
    const prepare = db.prepare.bind(db);
    db.exec = (sql) => {
      this.#hasNewTables = true;
      exec(sql);
    };
    db.prepare = (sql) => {
      const statement = prepare(sql);
      const [command = ''] = sql.split(' ');
      if (UNDOING.includes(command)) return statement;
      if (/^SELECT body(, version, written)? FROM/.test(sql)) this.#mayFail(statement);
      const run = statement.run.bind(statement) as (...values: unknown[]) => ReturnType<Run>;
      statement.run = (...values: unknown[]) => this.#run(command, () => run(...values));
      return statement;
    };
  }

  /** Reading a record, as reading anything else, but whose process could only end of it. */
  #mayFail(statement: StatementSync) {
    for (const name of ['get', 'all', 'iterate'] as const) {
      const read = statement[name].bind(statement) as (...values: unknown[]) => never;
      statement[name] = (...values: unknown[]) => {
        const { unavailable } = this.#environment.weather;
        if (this.#readingLuck.chance(unavailable * READS_THAT_FAIL)) throw this.#failure(BROKEN);
        return read(...values);
      };
    }
  }

  #run(command: string, run: Run) {
    if (command === 'COMMIT') return this.#commit(run);
    if (command === 'BEGIN') this.#begin();
    if (this.#statementsLeft === 0) this.#refuse();
    this.#statementsLeft -= 1;
    const done = run();
    this.#hasChanges = true;
    // What is written outside a transaction is saved by itself.
    if (!this.isInTransaction) this.#onCommit(this.#changes());
    return done;
  }

  #changes(): Saved {
    if (!this.#hasChanges) return [];
    this.#hasChanges = false;
    return this.#rows.take();
  }

  #begin() {
    const { scopes, weather } = this.#environment;
    this.#pending = [];
    this.#luck = scopes.of('disk').next();
    if (this.#hasNewTables) this.#rows.watch();
    this.#hasNewTables = false;
    const isAway = this.#environment.outageUntil('tables', 'disk') !== undefined;
    const isRefused = this.#luck.chance(weather.unavailable) || isAway;
    const statements = this.#luck.between(0, MOST_STATEMENTS);
    this.#statementsLeft = isRefused ? statements : Number.POSITIVE_INFINITY;
  }

  #commit(run: Run) {
    if (Number.isFinite(this.#statementsLeft)) this.#refuse();
    this.#pending.push(...this.#changes());
    const isDoomed = this.#member.isDoomed && this.#pending.some(isEvent);
    if (isDoomed && this.#luck.chance(0.5)) this.#die();
    const done = run();
    this.#onCommit(this.#pending);
    if (isDoomed) this.#die();
    return done;
  }

  /** SQLite ends the transaction by itself after some errors and leaves it open after others. */
  #refuse(): never {
    const refusal = this.#luck.chance(0.5) ? FULL : BROKEN;
    if (this.#luck.chance(0.5) && this.isInTransaction) this.#rollback.run();
    this.#statementsLeft = Number.POSITIVE_INFINITY;
    throw this.#failure(refusal);
  }

  #failure({ errcode, message }: typeof BROKEN) {
    const happening = { kind: 'fault', what: 'disk refuses', where: message } as const;
    this.#onCommit([{ happening, story: currentStory()?.correlationId }]);
    return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
  }

  /** The platform hears an error, but whatever it does about that is cut off from everything. */
  #die(): never {
    this.#member.crashInCommit();
    throw new Error('The process is no more.');
  }
}
