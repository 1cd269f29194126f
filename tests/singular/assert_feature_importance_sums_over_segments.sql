-- What a feature is worth in the segments is what it is worth in all; the shares of a
-- model and segment are those of a whole.

with

importance as (

    select * from {{ ref('fct_feature_importance') }}

),

sums as (

    select
        model,
        feature,
        sum(case when segment = 'all' then target_count else -target_count end)
            as target_gap,
        sum(case when segment = 'all' then loss else -loss end) as loss_gap,
        sum(case when segment = 'all' then loss_permuted else -loss_permuted end)
            as permuted_gap,
        sum(case when segment = 'all' then loss_permuted end) as loss_permuted
    from importance
    group by model, feature

),

shares as (

    select
        model,
        segment,
        sum(rise_share) as rise_share
    from importance
    group by model, segment

),

failures as (

    select
        model,
        feature as subject
    from sums
    where
        target_gap <> 0
        or abs(loss_gap) > 1e-9 * loss_permuted
        or abs(permuted_gap) > 1e-9 * loss_permuted
        or loss_permuted is null

    union all

    select
        model,
        segment as subject
    from shares
    where abs(rise_share - 1) > 1e-9

)

select * from failures
