-- Requests, errors and latency by hour
-- Columns: hour, requests, errors, median_ms, slowest_5_percent_ms
SELECT
  date_trunc('HOUR', called_at) AS hour,
  count(*) AS requests,
  count_if(status_code >= 400) AS errors,
  percentile(duration_ms, 0.5) AS median_ms,
  percentile(duration_ms, 0.95) AS slowest_5_percent_ms
FROM calls
GROUP BY date_trunc('HOUR', called_at)
ORDER BY hour DESC
