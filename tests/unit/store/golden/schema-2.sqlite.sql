BEGIN TRANSACTION;
CREATE TABLE action (
	action_id TEXT NOT NULL,
	run_id TEXT NOT NULL,
	seq INTEGER NOT NULL,
	plan_sha TEXT NOT NULL,
	op TEXT NOT NULL,
	addr TEXT NOT NULL,
	moniker TEXT NOT NULL,
	natural_key TEXT NOT NULL,
	remote_id TEXT,
	segment TEXT,
	items TEXT NOT NULL,
	wanted TEXT NOT NULL,
	pre_fp TEXT,
	source TEXT,
	protect BOOLEAN NOT NULL,
	retain BOOLEAN NOT NULL,
	state TEXT NOT NULL,
	attempts INTEGER NOT NULL,
	epoch BIGINT NOT NULL,
	updated FLOAT NOT NULL,
	estate TEXT NOT NULL,
	PRIMARY KEY (action_id)
);
INSERT INTO "action" VALUES('a1','run-1',1,'sha256:one','create','VSlice/fleet-net','fleet-net','VSlice:fleet-net',NULL,NULL,'[]','{"displayName":"Flöte"}',NULL,NULL,0,0,'done',1,1,1800000000.0,'id-0');
INSERT INTO "action" VALUES('a2','run-1',2,'sha256:one','create','VSlice/other-net','other-net','VSlice:other-net',NULL,NULL,'[]','{}',NULL,NULL,0,0,'void',1,1,1800000000.0,'id-0');
INSERT INTO "action" VALUES('a3','run-1',3,'sha256:one','add','VSlice/fleet-net','fleet-net','VSlice:fleet-net',NULL,'entries','[["GBR",2145],[null,null]]','{}',NULL,NULL,0,0,'intent',1,1,1800000000.0,'id-0');
CREATE TABLE estate (
	lineage TEXT NOT NULL,
	name TEXT NOT NULL,
	serial BIGINT NOT NULL,
	PRIMARY KEY (lineage),
	UNIQUE (name)
);
INSERT INTO "estate" VALUES('id-0','estate',1);
CREATE TABLE fact (
	id INTEGER NOT NULL,
	action_id TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	epoch BIGINT NOT NULL,
	what TEXT NOT NULL,
	http_status INTEGER,
	remote_id TEXT,
	at TEXT NOT NULL,
	prev_sha TEXT NOT NULL,
	sha TEXT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "fact" VALUES(1,'a1',1,1,'done',200,'r1','2027-01-15T08:00:00Z','','8f0228857ccf972ede8722cc4e5ab758980241a6be5bb43844b2536f2b5fae1e');
INSERT INTO "fact" VALUES(2,'a3',1,1,'no answer',NULL,NULL,'2027-01-15T08:00:00Z','8f0228857ccf972ede8722cc4e5ab758980241a6be5bb43844b2536f2b5fae1e','dabfb2b3bcac634bca40337ab8cb18e1b9b84a8219fc0350ca7cf590d61c87c7');
CREATE TABLE lock (
	scope TEXT NOT NULL,
	epoch BIGINT NOT NULL,
	holder TEXT,
	run_id TEXT,
	lease_until FLOAT NOT NULL,
	drain_until FLOAT NOT NULL,
	host TEXT,
	pid INTEGER,
	since TEXT,
	PRIMARY KEY (scope)
);
INSERT INTO "lock" VALUES('estate',1,NULL,NULL,1800000000.0,0.0,NULL,NULL,'2027-01-15T08:00:00Z');
CREATE TABLE meta (
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','2');
INSERT INTO "meta" VALUES('lineage','id-0');
INSERT INTO "meta" VALUES('hmac_key','000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
INSERT INTO "meta" VALUES('api_origin','https://platform.example/api/v1');
INSERT INTO "meta" VALUES('account_id','customer-1');
CREATE TABLE plan_ledger (
	plan_sha TEXT NOT NULL,
	state TEXT NOT NULL,
	first_run TEXT NOT NULL,
	last_run TEXT NOT NULL,
	estate TEXT NOT NULL,
	PRIMARY KEY (plan_sha, estate)
);
INSERT INTO "plan_ledger" VALUES('sha256:one','started','run-1','run-1','id-0');
CREATE TABLE resource (
	addr TEXT NOT NULL,
	kind TEXT NOT NULL,
	remote_id TEXT NOT NULL,
	moniker TEXT NOT NULL,
	origin TEXT NOT NULL,
	protect BOOLEAN NOT NULL,
	retain BOOLEAN NOT NULL,
	source TEXT,
	row_version INTEGER NOT NULL,
	last_applied TEXT NOT NULL,
	secret_hmacs TEXT NOT NULL,
	by_action TEXT,
	epoch BIGINT NOT NULL,
	estate TEXT NOT NULL,
	PRIMARY KEY (addr, estate),
	UNIQUE (kind, remote_id)
);
INSERT INTO "resource" VALUES('VSlice/fleet-net','VSlice','r1','fleet-net','created',1,0,'estate/fleet.yaml:3:1',1,'{"displayName":"Flöte"}','{"psk":"hmac-sha256:00"}','a1',1,'id-0');
CREATE TABLE run (
	run_id TEXT NOT NULL,
	plan_sha TEXT NOT NULL,
	epoch BIGINT NOT NULL,
	tool_version TEXT NOT NULL,
	actor TEXT NOT NULL,
	started TEXT NOT NULL,
	ended TEXT,
	result TEXT,
	estate TEXT NOT NULL,
	PRIMARY KEY (run_id)
);
INSERT INTO "run" VALUES('run-1','sha256:one',1,'0.1.0','somebody','2027-01-15T08:00:00Z','2027-01-15T08:00:00Z','apply: exit 7','id-0');
CREATE TABLE sim (
	iccid TEXT NOT NULL,
	remote_id TEXT,
	group_addr TEXT,
	desired TEXT,
	status TEXT NOT NULL,
	last_fp TEXT,
	row_version INTEGER NOT NULL,
	by_action TEXT,
	estate TEXT NOT NULL,
	PRIMARY KEY (iccid)
);
CREATE INDEX action_by_state ON action (state);
CREATE INDEX action_by_natural_key ON action (natural_key);
CREATE INDEX action_by_plan ON action (plan_sha);
COMMIT;
