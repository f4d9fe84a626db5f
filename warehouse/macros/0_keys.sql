-- Keys that follow from what they stand for, so that the order in which batches arrive never shows in them. Two of ten
-- million texts share a number with a probability of one in 200 000.

create macro number_of(text) as (md5_number(text) >> 65)::bigint;
comment on macro number_of is '文本编号：a number that stands for a text: 63 bits of its MD5';

create macro figure_id(place_id, indicator_id, status, period, per, unit, scope, reporter) as number_of(concat_ws(
    '|', coalesce(place_id, ''), indicator_id, status, coalesce(period, ''), coalesce(per, ''), unit, scope,
    coalesce(reporter, '')
));
comment on macro figure_id is '指标数字编号：the number of a figure of mart.figure, from what tells it apart';
