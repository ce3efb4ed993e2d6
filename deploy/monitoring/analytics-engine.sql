-- Queries for the dataset whylight_requests of Workers Analytics Engine. Columns: docs/operate.md. Data points may be
-- sampled, so each counts _sample_interval times. Send one query at a time to the SQL API.

-- Requests, errors and refusals by tenant in the last hour.
SELECT index1 AS tenant, SUM(_sample_interval) AS requests,
  SUM(IF(toUInt32(blob3) >= 500, _sample_interval, 0)) AS errors,
  SUM(IF(blob3 = '429', _sample_interval, 0)) AS rate_limited
FROM whylight_requests WHERE timestamp > NOW() - INTERVAL '1' HOUR GROUP BY tenant ORDER BY requests DESC;

-- Share of the error budget (0.1 % of the requests of 30 days) that is spent.
SELECT SUM(IF(toUInt32(blob3) >= 500, _sample_interval, 0)) / SUM(_sample_interval) / 0.001 AS budget_spent
FROM whylight_requests WHERE timestamp > NOW() - INTERVAL '30' DAY;

-- Codes of problems by hour.
SELECT toStartOfInterval(timestamp, INTERVAL '1' HOUR) AS hour, blob4 AS code, SUM(_sample_interval) AS requests
FROM whylight_requests WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob4 != '' GROUP BY hour, code ORDER BY hour;

-- Time until an answer by method: p50 and p99 in milliseconds.
SELECT blob6 AS method, quantileExactWeighted(0.5)(double1, _sample_interval) AS p50,
  quantileExactWeighted(0.99)(double1, _sample_interval) AS p99, SUM(_sample_interval) AS requests
FROM whylight_requests WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob6 != '' GROUP BY method ORDER BY p99 DESC;

-- Share of cache hits by model.
SELECT blob5 AS model, SUM(IF(blob7 = 'hit', _sample_interval, 0)) / SUM(_sample_interval) AS hits
FROM whylight_requests WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob7 != '' GROUP BY model ORDER BY hits;

-- Rows evaluated by tenant and method, the measure of cost.
SELECT index1 AS tenant, blob6 AS method, SUM(double2 * _sample_interval) AS rows
FROM whylight_requests WHERE timestamp > NOW() - INTERVAL '30' DAY GROUP BY tenant, method ORDER BY rows DESC;

-- Attribution drift, from the dataset whylight_drift: mean share of each group, this week and the week before.
SELECT blob1 AS model, blob4 AS class, blob5 AS groups,
  SUM(IF(timestamp > NOW() - INTERVAL '7' DAY, double1 * _sample_interval, 0))
    / SUM(IF(timestamp > NOW() - INTERVAL '7' DAY, _sample_interval, 0)) AS this_week,
  SUM(IF(timestamp <= NOW() - INTERVAL '7' DAY, double1 * _sample_interval, 0))
    / SUM(IF(timestamp <= NOW() - INTERVAL '7' DAY, _sample_interval, 0)) AS week_before
FROM whylight_drift WHERE timestamp > NOW() - INTERVAL '14' DAY GROUP BY model, class, groups ORDER BY model, class;
