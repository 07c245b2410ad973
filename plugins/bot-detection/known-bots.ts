// How crawlers, scrapers and scanners name themselves. Programs that people use, such as curl, are none of them.

/** By the words that their names end with, whoever runs them: `Examplebot/1.0`, `Example-Crawler`. */
const BY_KIND: readonly RegExp[] = [
  // CUBOT is a maker of telephones.
  /(?<!\bcu)bot(?=$|[^a-z])/i,
  /(?:crawler|spider|scraper|archiver|indexer)(?=$|[^a-z])/i,
  /\b(?:feed|link|site|seo)[ _-]?(?:fetcher|parser|checker|validator|auditor)\b/i,
];

/** By the names of those that have no such word in them. */
const BY_NAME: readonly RegExp[] = [
  /\b(?:bingpreview|facebookexternalhit|ia_archiver|mediapartners-google|slurp|yandex|baidu)\b/i,
  /\b(?:httrack|webcopier|webzip|teleport|sitesucker|offline explorer)\b/i,
  /\b(?:scrapy|nutch|heritrix|larbin|apache-nutch|go-colly|colly)\b/i,
  /\b(?:nikto|sqlmap|masscan|zgrab|nmap scripting engine|wpscan|nuclei|dirbuster|gobuster)\b/i,
  /\b(?:phantomjs|headlesschrome|slimerjs)\b/i,
];

export const KNOWN_BOTS: readonly RegExp[] = [...BY_KIND, ...BY_NAME];
